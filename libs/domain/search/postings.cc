#include "libs/domain/search/postings.h"

#include <cmath>

namespace kontor::search {
namespace {

constexpr uint32_t kExact = 127;

uint32_t Stepped(uint32_t byte) { return static_cast<uint32_t>(128.0 * std::exp2((byte - 128) / 16.0)); }

struct LengthTable {
  std::array<uint32_t, 256> lengths;
  LengthTable() {
    for (uint32_t i = 0; i < 256; ++i) lengths[i] = i <= kExact ? i : Stepped(i);
  }
};

const LengthTable& Table() {
  static const LengthTable table;
  return table;
}

}  // namespace

uint8_t LengthByte(uint32_t tokens) {
  if (tokens <= kExact) return static_cast<uint8_t>(tokens);
  const auto& lengths = Table().lengths;
  return static_cast<uint8_t>(std::upper_bound(lengths.begin(), lengths.end(), tokens) - lengths.begin() - 1);
}

uint32_t LengthOf(uint8_t byte) { return Table().lengths[byte]; }

void PostingBlock::Add(Frequencies frequencies, Lengths lengths) {
  for (size_t field = 0; field < kFields; ++field) {
    const uint32_t frequency = FrequencyIn(frequencies, field);
    if (frequency == 0) continue;
    if (frequency > FrequencyIn(largest, field)) {
      largest = (largest & ~(Frequencies{15} << (4 * field))) | frequency << (4 * field);
    }
    shortest[field] = std::min(shortest[field], static_cast<uint8_t>(lengths >> (8 * field)));
  }
}

void PostingBlock::Add(const PostingBlock& other) {
  for (size_t field = 0; field < kFields; ++field) {
    const uint32_t frequency = FrequencyIn(other.largest, field);
    if (frequency > FrequencyIn(largest, field)) {
      largest = (largest & ~(Frequencies{15} << (4 * field))) | frequency << (4 * field);
    }
    shortest[field] = std::min(shortest[field], other.shortest[field]);
  }
}

void PostingList::OrInto(absl::Span<uint64_t> bits) const {
  if (dense()) {
    search::OrInto(bits, bitmap);
    return;
  }
  for (uint32_t doc : docs) SetBit(bits, doc);
}

void OwnedPostings::MakeBlocks(absl::Span<const Lengths> lengths) {
  blocks.assign((docs.size() + kBlockPostings - 1) / kBlockPostings, {});
  for (size_t i = 0; i < docs.size(); ++i) blocks[i / kBlockPostings].Add(frequencies[i], lengths[docs[i]]);
  for (const PostingBlock& block : blocks) all.Add(block);
}

PostingList OwnedPostings::View() const {
  PostingList list;
  list.docs = docs;
  list.frequencies = frequencies;
  list.blocks = blocks;
  list.all = all;
  return list;
}

}  // namespace kontor::search
