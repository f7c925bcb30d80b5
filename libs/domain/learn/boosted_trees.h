#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"

namespace kontor::learn {

struct TreeOptions {
  enum class Objective : uint8_t {
    kSoftmax = 0,  // listwise softmax within groups (ListNet, Cao et al. 2007); labels are gains, shared out in a group
    kLogistic = 1,  // labels 0 or 1; Predict gives log odds
    kSquared = 2,
    kLambda = 3,  // LambdaMART within groups (LambdaLoss); labels are gains, not negative
    kHuber = 4,   // squared error within `huber_width`, absolute beyond (Huber 1964): medians, at the cost of means
  };
  Objective objective = Objective::kSoftmax;
  int rounds = 150;
  int depth = 4;  // 1 to 8
  double learning_rate = 0.1;
  double row_share = 0.8;         // of the rows, drawn for every tree
  double column_share = 0.8;      // of the columns, drawn for every tree
  double min_child_weight = 0.1;  // sum of second derivatives; kSquared, kHuber: a row 1 at most
  double huber_width = 0.05;      // kHuber: above 0
  size_t truncation = 20;         // kLambda: pairs without one of the best so many of a group count nothing
  int threads = 1;
  uint64_t seed = 1;
  std::function<bool()> cancelled;  // asked before each tree, in the thread that trains; may be empty
};

// Rows by value and what they were worth. Borrows.
struct TreeRows {
  size_t columns = 0;
  absl::Span<const float> values;     // rows × columns, finite
  absl::Span<const float> labels;     // one a row
  absl::Span<const uint32_t> groups;  // kSoftmax, kLambda: sizes of groups of rows that are ranked together
  absl::Span<const float> margins;    // what the trees add to, one a row; empty: 0. Predict gives the trees' part alone
};

// Gradient-boosted trees: learned by XGBoost (Chen and Guestrin 2016), answered from complete binary trees in flat
// arrays, many rows at a time, without locks. Immutable, thread-safe.
class BoostedTrees {
 public:
  BoostedTrees() = default;  // no trees: predicts 0

  // INVALID_ARGUMENT for rows that do not fit together, numbers that are not finite or options out of range; INTERNAL
  // where XGBoost fails; CANCELLED once options.cancelled says so. Deterministic for a seed and a number of threads.
  static absl::StatusOr<BoostedTrees> Train(const TreeRows& rows, const TreeOptions& options);

  size_t columns() const { return columns_; }
  size_t trees() const;
  bool empty() const { return values_.empty(); }

  // The sum over trees of the leaf that each row reaches. `rows` holds out.size() rows of columns(). Cost: about 1 ns a
  // row and tree of 16 leaves; it doubles with each level.
  void Predict(absl::Span<const float> rows, absl::Span<float> out) const;

  // What each column adds to a row's prediction, by the change of the mean at each split on its way (Saabas 2014):
  // Predict(row) = bias() + sum of out. `out` has columns() numbers.
  void Contributions(absl::Span<const float> row, absl::Span<float> out) const;
  float bias() const;  // the mean prediction of the training rows

  void Save(base::ByteWriter& out) const;
  static BoostedTrees Load(base::ByteReader& in);

 private:
  friend class TreeReader;
  size_t splits() const { return (size_t{1} << depth_) - 1; }  // of a tree
  size_t nodes() const { return (size_t{2} << depth_) - 1; }

  size_t columns_ = 0;
  int depth_ = 0;
  // Per tree the splits of a complete tree, the root first, children of k at 2 k + 1 (value < threshold) and 2 k + 2;
  // below a leaf all goes left.
  std::vector<uint16_t> split_columns_;
  std::vector<float> thresholds_;
  std::vector<float> values_;  // per tree the mean of every node, leaves last
};

}  // namespace kontor::learn
