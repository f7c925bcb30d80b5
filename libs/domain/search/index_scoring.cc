#include "libs/domain/search/index_scoring.h"

#include <algorithm>
#include <cmath>

#include "libs/base/status.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace kontor::search {
namespace {

float Half(float x, float half) { return x / (x + half); }

}  // namespace

absl::Status Validate(const Bm25fOptions& options, const BoostOptions& boosts) {
  base::Violations violations;
  const auto within = [&](double value, double low, double high, absl::string_view field) {
    if (!(value >= low && value <= high)) violations.Add(field, "OUT_OF_RANGE", "is out of its range");
  };
  for (size_t field = 0; field < kFields; ++field) {
    within(options.weights[field], 0, 1e6, "bm25f.weights");
    within(options.b[field], 0, 1, "bm25f.b");
  }
  within(options.idf_power, 0, 2, "bm25f.idf_power");
  within(options.k1, 1e-6, 1e6, "bm25f.k1");
  within(boosts.popularity, 0, 1e6, "boosts.popularity");
  within(boosts.popularity_half, 1e-6, 1e12, "boosts.popularity_half");
  within(boosts.freshness, 0, 1e6, "boosts.freshness");
  within(boosts.freshness_half_life_us, 1, 1e18, "boosts.freshness_half_life_us");
  within(boosts.stock, 0, 1e6, "boosts.stock");
  return violations.ToStatus();
}

float SlotFactor(const Bm25fOptions& options, float weight, float idf) {
  return weight * (options.idf_power == 1 ? idf : std::pow(idf, options.idf_power));
}

double Idf(uint64_t documents, uint64_t document_frequency) {
  const auto df = static_cast<double>(document_frequency);
  const double n = std::max(static_cast<double>(documents), df);
  return std::log(1 + (n - df + .5) / (df + .5));
}

Bm25fTable::Bm25fTable(const IndexView& view, const Bm25fOptions& options) : k1_(options.k1), gain_(options.k1 + 1) {
  for (size_t field = 0; field < kFields; ++field) {
    const double average = view.average_length(static_cast<Field>(field)), b = options.b[field];
    for (size_t byte = 0; byte < 256; ++byte) {
      const double length = LengthOf(static_cast<uint8_t>(byte));
      // A field that has a term is one token long at least, so that b = 1 divides by no zero.
      const double norm = 1 - b + b * std::max(length, 1.0) / average;
      factors_[field][byte] = static_cast<float>(options.weights[field] / norm);
    }
  }
}

void Bm25fTable::Score(absl::Span<const uint32_t> docs, const Frequencies* frequencies, const Lengths* lengths,
                       float factor, float* out) const {
  size_t i = 0;
#if defined(__AVX2__)
  const __m256 k1 = _mm256_set1_ps(k1_), gain = _mm256_set1_ps(gain_), weight = _mm256_set1_ps(factor);
  const __m256i nibble = _mm256_set1_epi32(15), byte = _mm256_set1_epi32(255);
  const auto* words = reinterpret_cast<const int*>(lengths);
  for (; i + 8 <= docs.size(); i += 8) {
    const __m256i doc = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(docs.data() + i));
    __m256i rest = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(frequencies + i));
    __m256i length = _mm256_i32gather_epi32(words, doc, 8);
    __m256 tf = _mm256_setzero_ps();
    for (size_t field = 0; field < kFields && _mm256_testz_si256(rest, rest) == 0; ++field) {
      if (field == 4) length = _mm256_i32gather_epi32(words + 1, doc, 8);
      if (const __m256i frequency = _mm256_and_si256(rest, nibble); _mm256_testz_si256(frequency, frequency) == 0) {
        const __m256 norm = _mm256_i32gather_ps(factors_[field].data(), _mm256_and_si256(length, byte), 4);
        tf = _mm256_add_ps(tf, _mm256_mul_ps(norm, _mm256_cvtepi32_ps(frequency)));
      }
      rest = _mm256_srli_epi32(rest, 4);
      length = _mm256_srli_epi32(length, 8);
    }
    const __m256 saturated = _mm256_div_ps(_mm256_mul_ps(tf, gain), _mm256_add_ps(tf, k1));
    _mm256_storeu_ps(out + i, _mm256_mul_ps(weight, saturated));
  }
#endif
  for (; i < docs.size(); ++i) out[i] = factor * Saturated(frequencies[i], lengths[docs[i]]);
}

float BoostOf(const BoostOptions& boosts, const Segment& segment, uint32_t doc) {
  float boost = 1;
  if (boosts.popularity > 0) {
    boost += boosts.popularity * Half(segment.live.Popularity(doc), boosts.popularity_half);
  }
  if (boosts.freshness > 0 && segment.available_at_us[doc] != 0) {
    const double age =
        std::max(0.0, static_cast<double>(boosts.now_us) - static_cast<double>(segment.available_at_us[doc]));
    boost += boosts.freshness * static_cast<float>(std::exp2(-age / boosts.freshness_half_life_us));
  }
  if (boosts.stock > 0 && segment.live.Stock(doc) != 0) boost += boosts.stock;
  return boost;
}

float LargestBoost(const BoostOptions& boosts) {
  return 1 + std::max(boosts.popularity, 0.0F) + std::max(boosts.freshness, 0.0F) + std::max(boosts.stock, 0.0F);
}

}  // namespace kontor::search
