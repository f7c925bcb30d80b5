#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "libs/domain/recommendations/ease_forms.h"

namespace kontor::recommendations {
namespace {

// The products of each item with those it is most like, by cosine; without the diagonal.
ItemTable TrainGramRows(const Gram& gram, const EaseOptions& options) {
  const auto train = [&](ItemId item, ScoreVector& scratch) {
    gram.AddRow(item, scratch);
    std::vector<ItemTable::Entry> row;
    for (const ItemId other : scratch.touched()) {
      if (other != item) row.push_back({other, scratch[other] / std::sqrt(gram.diagonal(other))});
    }
    KeepHeaviest(static_cast<size_t>(options.gram_row), row);
    for (ItemTable::Entry& entry : row) entry.weight = scratch[entry.item];
    return row;
  };
  return TrainRows(gram.items(), options.threads, train);
}

// One candidate's regression on its neighbours.
class Regression {
 public:
  Regression(const Gram& gram, const ItemTable& rows, const EaseOptions& options)
      : gram_(gram), rows_(rows), ridge_(static_cast<float>(options.ridge)), limit_(options.neighbours) {}

  // `places` is a scratch that maps items to 1 + their place among the neighbours.
  std::vector<ItemTable::Entry> Solve(ItemId candidate, ScoreVector& places) const {
    std::vector<ItemTable::Entry> chosen = Neighbours(candidate);
    const auto n = static_cast<Eigen::Index>(chosen.size());
    Eigen::MatrixXf products = Eigen::MatrixXf::Zero(n, n);
    Eigen::VectorXf target(n);
    for (Eigen::Index i = 0; i < n; ++i) places.Add(chosen[i].item, static_cast<float>(i + 1));
    for (Eigen::Index i = 0; i < n; ++i) {
      products(i, i) = gram_.diagonal(chosen[i].item) + ridge_;
      target[i] = rows_.At(candidate, chosen[i].item);
      AddProducts(chosen[i].item, i, places, products);
    }
    const Eigen::LLT<Eigen::MatrixXf> factor(products);  // reads the lower half
    if (factor.info() != Eigen::Success) return {};      // products that were left out made it indefinite
    const Eigen::VectorXf solution = factor.solve(target);
    for (Eigen::Index i = 0; i < n; ++i) chosen[i].weight = std::isfinite(solution[i]) ? solution[i] : 0;
    return chosen;
  }

 private:
  std::vector<ItemTable::Entry> Neighbours(ItemId candidate) const {
    std::vector<ItemTable::Entry> chosen;
    const absl::Span<const float> weights = rows_.WeightsOf(candidate);
    size_t i = 0;
    for (const ItemId item : rows_.ItemsOf(candidate)) {
      chosen.push_back({item, weights[i++] / std::sqrt(gram_.diagonal(item))});
    }
    KeepHeaviest(static_cast<size_t>(limit_), chosen);
    return chosen;
  }

  // A product that either item's row kept counts for both.
  void AddProducts(ItemId item, Eigen::Index i, const ScoreVector& places, Eigen::MatrixXf& products) const {
    const absl::Span<const float> weights = rows_.WeightsOf(item);
    size_t at = 0;
    for (const ItemId other : rows_.ItemsOf(item)) {
      const float weight = weights[at++];
      const auto place = static_cast<Eigen::Index>(places[other]);
      if (place > 0) products(std::max(i, place - 1), std::min(i, place - 1)) = weight;
    }
  }

  const Gram& gram_;
  const ItemTable& rows_;
  const float ridge_;
  const int limit_;
};

}  // namespace

ItemTable TrainEaseSparse(const Gram& gram, const EaseOptions& options) {
  const ItemTable rows = TrainGramRows(gram, options);
  const Regression regression(gram, rows, options);
  const ItemTable by_candidate = TrainRows(gram.items(), options.threads, [&](ItemId candidate, ScoreVector& scratch) {
    return regression.Solve(candidate, scratch);
  });
  return ItemTable::Transpose(by_candidate, static_cast<size_t>(options.max_row));
}

}  // namespace kontor::recommendations
