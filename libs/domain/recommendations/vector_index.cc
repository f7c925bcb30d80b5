#include "libs/domain/recommendations/vector_index.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace kontor::recommendations {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kQuadBytes = 192;
constexpr float kFloatRounding = 1e-5F;  // of a sum of products in float, as a share of the norms

void Prefetch(const void* bytes, size_t size) {
  constexpr size_t kLine = 64;
  for (size_t i = 0; i < size; i += kLine) __builtin_prefetch(static_cast<const char*>(bytes) + i);
}

Eigen::Map<const Eigen::VectorXf> AsVector(absl::Span<const float> numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}

// Rounds numbers to whole ones within -levels … levels times a scale, which is returned.
float Round(absl::Span<const float> numbers, int levels, absl::Span<int8_t> out) {
  float largest = 0;
  for (float number : numbers) largest = std::max(largest, std::abs(number));
  const float scale = largest / static_cast<float>(levels);
  if (!(scale > std::numeric_limits<float>::min())) {
    std::fill(out.begin(), out.end(), int8_t{0});
    return 0;
  }
  const auto bound = static_cast<float>(levels);
  for (size_t i = 0; i < numbers.size(); ++i) {
    out[i] = static_cast<int8_t>(std::clamp(std::nearbyint(numbers[i] / scale), -bound, bound));
  }
  return scale;
}

// The length of numbers - scale * rounded, and of scale * rounded.
std::pair<float, float> Lengths(absl::Span<const float> numbers, absl::Span<const int8_t> rounded, float scale) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double near = static_cast<double>(scale) * rounded[i];
    error += (numbers[i] - near) * (numbers[i] - near);
    norm += near * near;
  }
  return {static_cast<float>(std::sqrt(error)), static_cast<float>(std::sqrt(norm))};
}

// The items that may still be among the k best, by bounds of their scores.
class Contenders {
 public:
  struct Entry {
    float lower, upper;
    ItemId item;
  };

  Contenders(size_t k, float floor) : k_(k), limit_(8 * k + ScanHits::kFull), floor_(floor) {}

  float floor() const { return floor_; }
  absl::Span<const Entry> entries() const { return entries_; }

  void Add(ItemId item, float score, float slack) {
    entries_.push_back({score - slack, score + slack, item});
    if (entries_.size() < limit_) return;
    Prune();
    limit_ = std::max(limit_, 2 * entries_.size());
  }

  // Raises the floor to the k-th best lower bound and drops what stays below it. The k best lower bounds come first.
  void Prune() {
    if (entries_.size() < k_) return;
    const auto last = entries_.begin() + static_cast<int64_t>(k_) - 1;
    std::nth_element(entries_.begin(), last, entries_.end(),
                     [](const Entry& a, const Entry& b) { return a.lower > b.lower; });
    floor_ = std::max(floor_, last->lower);
    std::erase_if(entries_, [this](const Entry& entry) { return entry.upper < floor_; });
  }

 private:
  size_t k_, limit_;
  float floor_;
  std::vector<Entry> entries_;
};

// Calls take(hits) for all hits from a block on, some at a time; it returns the floor to go on with.
template <typename F>
void ForAllHits(ScanKernel kernel, const Scan& scan, size_t block, float floor, F take) {
  ScanHits hits;
  while (block < scan.blocks) {
    hits.size = 0;
    block = CollectHits(kernel, scan, block, floor, hits);
    floor = take(hits);
  }
}

// A score that probably more than `k` items reach, from a sample of the blocks; -infinity where there are too few.
float GuessFloor(ScanKernel kernel, Scan scan, size_t k) {
  constexpr size_t kEvery = 512, kRun = 8;  // runs, which are read faster than single blocks
  constexpr float kNoFloor = -std::numeric_limits<float>::infinity();
  const size_t blocks = scan.blocks;
  if (blocks < 4 * kEvery) return kNoFloor;
  std::vector<float> scores;
  for (size_t begin = 0; begin < blocks; begin += kEvery) {
    scan.blocks = std::min(blocks, begin + kRun);
    ForAllHits(kernel, scan, begin, kNoFloor, [&](const ScanHits& hits) {
      scores.insert(scores.end(), hits.scores, hits.scores + hits.size);
      return kNoFloor;
    });
  }
  const double expected = static_cast<double>(k) * kRun / kEvery;
  const auto place = static_cast<size_t>(expected + 3 * std::sqrt(expected) + 2);
  if (place >= scores.size() / 2) return kNoFloor;
  std::nth_element(scores.begin(), scores.begin() + static_cast<int64_t>(place), scores.end(), std::greater<>());
  return scores[place];
}

}  // namespace

void VectorIndex::Free::operator()(uint8_t* bytes) const { std::free(bytes); }

VectorIndex::VectorIndex(std::vector<float> vectors, std::vector<float> biases, size_t dimensions)
    : dimensions_(dimensions), vectors_(std::move(vectors)), biases_(std::move(biases)) {
  const auto clamp = [](float& number) {
    number = std::isnan(number) ? 0 : std::clamp(number, -kMaxCoordinate, kMaxCoordinate);
  };
  std::for_each(vectors_.begin(), vectors_.end(), clamp);
  std::for_each(biases_.begin(), biases_.end(), clamp);
  Pack();
}

void VectorIndex::Pack() {
  const size_t blocks = (size() + kBlockItems - 1) / kBlockItems;
  quads_ = (dimensions_ + kQuadDims - 1) / kQuadDims;
  if (blocks == 0) return;
  const size_t padded = quads_ * kQuadDims;
  codes_.reset(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, blocks * quads_ * kQuadBytes)));
  scales_.assign(blocks * kBlockItems, 0);
  padded_biases_ = biases_;
  if (!biases_.empty()) padded_biases_.resize(blocks * kBlockItems, 0);
  rounding_errors_.assign(blocks, 0);
  rounded_norms_.assign(blocks, 0);
  bias_errors_.assign(blocks, 0);
  std::vector<int8_t> coordinates(kBlockItems * padded), quad(kBlockItems * kQuadDims);
  for (size_t block = 0; block < blocks; ++block) {
    std::fill(coordinates.begin(), coordinates.end(), int8_t{0});
    for (size_t i = 0; i < kBlockItems && block * kBlockItems + i < size(); ++i) {
      PackItem(static_cast<ItemId>(block * kBlockItems + i),
               absl::MakeSpan(coordinates).subspan(i * padded, dimensions_));
    }
    for (size_t q = 0; q < quads_; ++q) {
      for (size_t i = 0; i < kBlockItems; ++i) {
        std::copy_n(coordinates.begin() + static_cast<int64_t>(i * padded + q * kQuadDims), kQuadDims,
                    quad.begin() + static_cast<int64_t>(i * kQuadDims));
      }
      PackQuad(quad, codes_.get() + (block * quads_ + q) * kQuadBytes);
    }
  }
}

void VectorIndex::PackItem(ItemId item, absl::Span<int8_t> coordinates) {
  scales_[item] = Round(VectorOf(item), kItemLevels, coordinates);
  const auto [error, norm] = Lengths(VectorOf(item), coordinates, scales_[item]);
  const size_t block = item / kBlockItems;
  rounding_errors_[block] = std::max(rounding_errors_[block], error + kFloatRounding * (norm + error));
  rounded_norms_[block] = std::max(rounded_norms_[block], norm);
  if (!biases_.empty()) {
    bias_errors_[block] = std::max(bias_errors_[block], kFloatRounding * std::abs(biases_[item]));
  }
}

float VectorIndex::Score(absl::Span<const float> query, ItemId item) const {
  const float product = AsVector(query).dot(AsVector(VectorOf(item)));
  return biases_.empty() ? product : product + biases_[item];
}

std::vector<ScoredItem> VectorIndex::Top(absl::Span<const float> query, size_t k, const Filter& filter,
                                         ScanKernel kernel) const {
  k = std::min<size_t>(k, size());
  if (k == 0) return {};
  std::vector<int8_t> rounded(quads_ * kQuadDims, 0);
  Scan scan{.codes = codes_.get(),
            .blocks = rounding_errors_.size(),
            .quads = quads_,
            .scales = scales_.data(),
            .biases = padded_biases_.empty() ? nullptr : padded_biases_.data(),
            .query = rounded.data(),
            .allowed = filter.allowed,
            .filtered = filter.filtered};
  scan.query_scale = Round(query, kQueryLevels, absl::MakeSpan(rounded).subspan(0, dimensions_));
  const auto [error, norm] = Lengths(query, absl::MakeConstSpan(rounded).subspan(0, dimensions_), scan.query_scale);
  const Eigen::VectorXf slacks =
      (norm + error) * AsVector(rounding_errors_) + error * AsVector(rounded_norms_) + AsVector(bias_errors_);
  scan.slacks = slacks.data();
  const float guess = GuessFloor(kernel, scan, k);
  std::vector<ScoredItem> best = TopAbove(query, k, scan, guess, kernel);
  const bool complete = best.size() == k && best.back().score >= guess;
  return complete || std::isinf(guess) ? best
                                       : TopAbove(query, k, scan, -std::numeric_limits<float>::infinity(), kernel);
}

std::vector<ScoredItem> VectorIndex::TopAbove(absl::Span<const float> query, size_t k, const Scan& scan, float floor,
                                              ScanKernel kernel) const {
  Contenders contenders(k, floor);
  ForAllHits(kernel, scan, 0, floor, [&](const ScanHits& hits) {
    for (size_t i = 0; i < hits.size; ++i) {
      if (hits.items[i] >= size()) continue;
      contenders.Add(hits.items[i], hits.scores[i], scan.slacks[hits.items[i] / kBlockItems]);
    }
    return contenders.floor();
  });
  contenders.Prune();

  std::vector<ScoredItem> best;
  float least = std::numeric_limits<float>::infinity();  // of the first k, which have the best lower bounds
  const absl::Span<const Contenders::Entry> entries = contenders.entries();
  constexpr size_t kAhead = 8;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i + kAhead < entries.size() && (best.size() < k || entries[i + kAhead].upper >= least)) {
      Prefetch(VectorOf(entries[i + kAhead].item).data(), dimensions_ * sizeof(float));
    }
    const Contenders::Entry& entry = entries[i];
    if (best.size() >= k && entry.upper < least) continue;
    best.push_back({entry.item, Score(query, entry.item)});
    if (best.size() <= k) least = std::min(least, best.back().score);
  }
  const auto better = [](const ScoredItem& a, const ScoredItem& b) {
    return a.score != b.score ? a.score > b.score : a.item < b.item;
  };
  k = std::min(k, best.size());
  std::partial_sort(best.begin(), best.begin() + static_cast<int64_t>(k), best.end(), better);
  best.resize(k);
  return best;
}

void VectorIndex::Save(base::ByteWriter& out) const {
  out.Value<uint64_t>(dimensions_);
  out.Array(vectors_);
  out.Array(biases_);
}

VectorIndex VectorIndex::Load(base::ByteReader& in, uint32_t item_count) {
  const auto dimensions = in.Value<uint64_t>();
  std::vector<float> vectors = in.Array<float>(), biases = in.Array<float>();
  in.Require(dimensions > 0 && dimensions <= kMaxDimensions, "a vector has too many dimensions or none");
  if (!in.status().ok()) return VectorIndex();
  const size_t size = vectors.size() / dimensions;
  in.Require(vectors.size() % dimensions == 0 && size <= item_count && (biases.empty() || biases.size() == size),
             "vectors have another size than their items");
  const auto bounded = [](float number) { return std::abs(number) <= kMaxCoordinate; };
  in.Require(std::all_of(vectors.begin(), vectors.end(), bounded) && std::all_of(biases.begin(), biases.end(), bounded),
             "a vector is out of range");
  if (!in.status().ok()) return VectorIndex();
  return VectorIndex(std::move(vectors), std::move(biases), dimensions);
}

}  // namespace kontor::recommendations
