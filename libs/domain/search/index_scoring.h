#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/search/index_view.h"
#include "libs/domain/search/postings.h"

namespace kontor::search {

// BM25F (Robertson, Zaragoza 2009, "The Probabilistic Relevance Framework", eq. 3.18 ff.):
//   tf' = Σ_f w_f tf_f / (1 − b_f + b_f len_f / avg_f),   score = idf · tf' (k1 + 1) / (tf' + k1),
//   idf = ln(1 + (N − df + .5) / (df + .5)).
// With one field of weight 1 it is BM25 as Lucene has it, times k1 + 1.
struct Bm25fOptions {
  std::array<float, kFields> weights{1, 0, 0, 0, 0, 0};              // >= 0, by Field
  std::array<float, kFields> b{.75F, .75F, .75F, .75F, .75F, .75F};  // 0 … 1
  float k1 = 1.2F;                                                   // > 0
  float idf_power = 1;                                               // 0 … 2: idf counts as idf^idf_power
  friend bool operator==(const Bm25fOptions&, const Bm25fOptions&) = default;
};

// Bounded boosts: score · (1 + Σ weight · x), x within 0 … 1.
struct BoostOptions {
  float popularity = 0;        // x = p / (p + popularity_half)
  float popularity_half = 10;  // > 0
  float freshness = 0;         // x = 2^(−age / freshness_half_life_us); unknown and future: 0 and 1
  double freshness_half_life_us = 30.0 * 86'400'000'000;  // > 0
  int64_t now_us = 0;
  float stock = 0;  // x = 1 where stock is above 0 or unknown
  bool any() const { return popularity > 0 || freshness > 0 || stock > 0; }
};

// INVALID_ARGUMENT with all violations.
absl::Status Validate(const Bm25fOptions& options, const BoostOptions& boosts);

// What a slot's saturated tf' is multiplied with, but for the weight of the alternative.
float SlotFactor(const Bm25fOptions& options, float weight, float idf);

double Idf(uint64_t documents, uint64_t document_frequency);

// The weights of one view as a table: Σ over fields of frequency · factor[field][length byte].
class Bm25fTable {
 public:
  Bm25fTable(const IndexView& view, const Bm25fOptions& options);

  float Saturated(Frequencies frequencies, Lengths lengths) const {
    float tf = 0;
    for (Frequencies rest = frequencies; rest != 0;) {
      const auto field = static_cast<size_t>(__builtin_ctz(rest)) / 4;
      tf += factors_[field][lengths >> (8 * field) & 255] * static_cast<float>(FrequencyIn(rest, field));
      rest &= ~(Frequencies{15} << (4 * field));
    }
    return tf * gain_ / (tf + k1_);
  }
  float Bound(const PostingBlock& block) const {
    Lengths lengths = 0;
    for (size_t field = 0; field < kFields; ++field)
      lengths |= static_cast<Lengths>(block.shortest[field]) << (8 * field);
    return Saturated(block.largest, lengths);
  }
  // out[i] = factor · Saturated(frequencies[i], lengths[docs[i]]), to the bit.
  void Score(absl::Span<const uint32_t> docs, const Frequencies* frequencies, const Lengths* lengths, float factor,
             float* out) const;
  float FieldPart(Frequencies frequencies, Lengths lengths, size_t field) const {
    return factors_[field][lengths >> (8 * field) & 255] * static_cast<float>(FrequencyIn(frequencies, field));
  }

 private:
  float k1_ = 0, gain_ = 0;
  std::array<std::array<float, 256>, kFields> factors_{};
};

// 1 + Σ weight · x of a document, and the most that it can be.
float BoostOf(const BoostOptions& boosts, const Segment& segment, uint32_t doc);
float LargestBoost(const BoostOptions& boosts);

}  // namespace kontor::search
