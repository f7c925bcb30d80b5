#include "libs/domain/search/highlight.h"

#include <algorithm>

namespace kontor::search {

absl::flat_hash_set<std::string> TermsOf(const LexicalQuery& query) {
  absl::flat_hash_set<std::string> terms;
  for (const Slot& slot : query.slots) {
    for (const Alternative& alternative : slot.alternatives) {
      terms.insert(alternative.terms.begin(), alternative.terms.end());
    }
  }
  for (const auto& phrase : query.phrases) terms.insert(phrase.begin(), phrase.end());
  return terms;
}

std::vector<ByteRange> Highlight(const text::Analyzer& analyzer, absl::string_view text,
                                 const absl::flat_hash_set<std::string>& terms) {
  std::vector<text::Token> tokens;
  analyzer.Analyze(text, tokens);
  std::vector<ByteRange> found;
  for (const text::Token& token : tokens) {
    if (terms.contains(token.term)) found.push_back({token.begin, token.end});
  }
  std::sort(found.begin(), found.end(), [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
  std::vector<ByteRange> joined;
  for (const ByteRange& range : found) {
    if (!joined.empty() && range.begin < joined.back().end) {
      joined.back().end = std::max(joined.back().end, range.end);
    } else {
      joined.push_back(range);
    }
  }
  return joined;
}

}  // namespace kontor::search
