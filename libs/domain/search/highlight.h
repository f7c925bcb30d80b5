#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "libs/domain/search/document.h"
#include "libs/domain/text/analyzer.h"

namespace kontor::search {

struct ByteRange {
  uint32_t begin = 0, end = 0;
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// The terms of slots and phrases, those of alternatives too; not those excluded.
absl::flat_hash_set<std::string> TermsOf(const LexicalQuery& query);

// Where words of `text` are among the terms: ranges of bytes, ascending, overlapping ones joined.
std::vector<ByteRange> Highlight(const text::Analyzer& analyzer, absl::string_view text,
                                 const absl::flat_hash_set<std::string>& terms);

}  // namespace kontor::search
