#include "libs/domain/learn/boosted_trees.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kontor::learn {
namespace {

constexpr int kMaxDepth = 8;
// Numbers of rows that are worked out together.
constexpr size_t kLanes = 16;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));

// Adds what a complete tree says of each lane. Every split is asked, from the lowest up, each choosing between the two
// below it: more comparisons than on a row's way alone, but no branch and no lookup.
void Descend(const Lanes* table, int depth, const uint16_t* columns, const float* thresholds, const float* leaves,
             Lanes& sum) {
  if (depth == 0) {
    sum += leaves[0];
    return;
  }
  Lanes chosen[size_t{1} << (kMaxDepth - 1)];
  size_t wide = size_t{1} << (depth - 1);
  for (size_t i = 0; i < wide; ++i) {
    const size_t split = wide - 1 + i;
    chosen[i] = table[columns[split]] < thresholds[split] ? Lanes{} + leaves[2 * i] : Lanes{} + leaves[2 * i + 1];
  }
  while (wide > 1) {
    wide /= 2;
    for (size_t i = 0; i < wide; ++i) {
      const size_t split = wide - 1 + i;
      chosen[i] = table[columns[split]] < thresholds[split] ? chosen[2 * i] : chosen[2 * i + 1];
    }
  }
  sum += chosen[0];
}

}  // namespace

size_t BoostedTrees::trees() const { return columns_ == 0 ? 0 : values_.size() / nodes(); }

void BoostedTrees::Predict(absl::Span<const float> rows, absl::Span<float> out) const {
  thread_local std::vector<Lanes> table;  // by column
  table.resize(columns_);
  for (size_t first = 0; first < out.size(); first += kLanes) {
    const size_t count = std::min(kLanes, out.size() - first);
    for (size_t i = 0; i < count; ++i) {
      const float* row = rows.data() + (first + i) * columns_;
      for (size_t column = 0; column < columns_; ++column) table[column][i] = row[column];
    }
    Lanes sum = {};
    for (size_t tree = 0; tree < trees(); ++tree) {
      Descend(table.data(), depth_, split_columns_.data() + tree * splits(), thresholds_.data() + tree * splits(),
              values_.data() + tree * nodes() + splits(), sum);
    }
    for (size_t i = 0; i < count; ++i) out[first + i] = sum[i];
  }
}

void BoostedTrees::Contributions(absl::Span<const float> row, absl::Span<float> out) const {
  std::fill(out.begin(), out.end(), 0.0F);
  for (size_t tree = 0; tree < trees(); ++tree) {
    const float* values = values_.data() + tree * nodes();
    size_t at = 0;
    for (int level = 0; level < depth_; ++level) {
      const uint16_t column = split_columns_[tree * splits() + at];
      const bool right = !(row[column] < thresholds_[tree * splits() + at]);
      const size_t next = 2 * at + 1 + static_cast<size_t>(right);
      out[column] += values[next] - values[at];
      at = next;
    }
  }
}

float BoostedTrees::bias() const {
  float sum = 0;
  for (size_t tree = 0; tree < trees(); ++tree) sum += values_[tree * nodes()];
  return sum;
}

void BoostedTrees::Save(base::ByteWriter& out) const {
  out.Value<uint32_t>(static_cast<uint32_t>(columns_));
  out.Value<uint32_t>(static_cast<uint32_t>(depth_));
  out.Array(split_columns_);
  out.Array(thresholds_);
  out.Array(values_);
}

BoostedTrees BoostedTrees::Load(base::ByteReader& in) {
  BoostedTrees out;
  out.columns_ = in.Value<uint32_t>();
  const auto depth = in.Value<uint32_t>();
  in.Require(depth <= kMaxDepth, "trees are deeper than 8");
  out.depth_ = in.status().ok() ? static_cast<int>(depth) : 0;
  out.split_columns_ = in.Array<uint16_t>();
  out.thresholds_ = in.Array<float>();
  out.values_ = in.Array<float>();
  const size_t trees = out.values_.size() / out.nodes();
  in.Require(out.values_.size() == trees * out.nodes() && out.split_columns_.size() == trees * out.splits() &&
                 out.thresholds_.size() == trees * out.splits() && (trees == 0 || out.columns_ > 0),
             "trees have columns of unequal length");
  for (const uint16_t column : out.split_columns_) in.Require(column < out.columns_, "a tree asks for another column");
  return in.status().ok() ? out : BoostedTrees();
}

}  // namespace kontor::learn
