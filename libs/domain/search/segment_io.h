#pragma once

#include <cstdint>
#include <memory>

#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/search/column.h"
#include "libs/domain/search/index_view.h"

namespace kontor::search {

// Properties and the values that the parts use. `numbers` becomes, by number in the dictionary, the number in the file;
// kNone of those left out.
void WriteValues(const ValueDictionary& values, absl::Span<const IndexView::Part> parts, base::ByteWriter& writer,
                 std::vector<uint32_t>& numbers);
void ReadValues(base::ByteReader& reader, ValueDictionary& values);

// A segment with its deletions. Postings are not written: they are made anew from the forward index.
void WritePart(const IndexView::Part& part, absl::Span<const uint32_t> numbers, base::ByteWriter& writer);
// Checks all that others rely on: sizes, offsets, order, that numbers exist. The reader's status says what is wrong;
// then null.
std::shared_ptr<Segment> ReadPart(base::ByteReader& reader, const ValueDictionary& values, Bits& alive);

}  // namespace kontor::search
