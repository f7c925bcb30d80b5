#include "libs/domain/recommendations/als.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "libs/base/random.h"

namespace kontor::recommendations {
namespace {

constexpr float kSmallestWeight = 1e-3F;  // of an old item, as a share of alpha

SparseRows RowsOf(const Baskets& baskets, float alpha) {
  SparseRows out;
  std::vector<ItemId> items;
  for (uint32_t user = 0; user < baskets.users(); ++user) {
    items.clear();
    const history::Range range = baskets.OfUser(user);
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      items.insert(items.end(), baskets.At(basket).items.begin(), baskets.At(basket).items.end());
    }
    std::sort(items.begin(), items.end());
    for (size_t begin = 0, end = 0; begin < items.size(); begin = end) {
      while (end < items.size() && items[end] == items[begin]) ++end;
      out.columns.push_back(items[begin]);
      out.weights.push_back(alpha * std::log2(1 + static_cast<float>(end - begin)));
    }
    out.offsets.push_back(out.columns.size());
  }
  return out;
}

std::vector<float> AsNumbers(const Eigen::MatrixXf& matrix) { return {matrix.data(), matrix.data() + matrix.size()}; }

Eigen::Map<const Eigen::VectorXf> AsVector(absl::Span<const float> numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}

// A lower triangle with a positive diagonal.
Eigen::MatrixXf LoadLower(base::ByteReader& in, size_t size) {
  const std::vector<float> numbers = in.Array<float>();
  in.Require(numbers.size() == size * size, "als has a matrix of another size");
  if (!in.status().ok()) return {};
  const auto n = static_cast<Eigen::Index>(size);
  Eigen::MatrixXf out = Eigen::Map<const Eigen::MatrixXf>(numbers.data(), n, n).triangularView<Eigen::Lower>();
  in.Require((out.diagonal().array() > 0).all(), "als has a matrix that has no inverse");
  return out;
}

}  // namespace

Als Als::Train(const Baskets& baskets, const AlsOptions& options) {
  return Train(RowsOf(baskets, options.alpha), baskets.item_count(), options);
}

Als Als::Train(const SparseRows& users, uint32_t items, const AlsOptions& options) {
  const Eigen::Index size = (options.factors + kLane - 1) / kLane * kLane;
  const AlsSolverOptions solver{.ridge = options.ridge, .steps = options.conjugate_steps, .threads = options.threads};
  Factors user_factors = Factors::Zero(size, users.rows()), item_factors(size, items);
  base::Random random(options.seed);
  for (float& number : item_factors.reshaped()) number = static_cast<float>(0.01 * random.Uniform());
  const SparseRows by_item = users.Transposed(items);
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    SolveRows(users, item_factors, solver, user_factors);
    SolveRows(by_item, user_factors, solver, item_factors);
  }
  Als out;
  out.alpha_ = options.alpha;
  out.decay_ = options.decay;
  Whitened whitened = Whiten(item_factors, options.ridge, options.threads);
  out.index_ = VectorIndex(AsNumbers(whitened.vectors), {}, static_cast<size_t>(size));
  out.item_lower_ = std::move(whitened.lower);
  out.user_lower_ = Whiten(user_factors, options.ridge, options.threads).lower;
  return out;
}

absl::Span<const Signal> Als::signals() const {
  static constexpr Signal kAll[] = {{"taste", ReasonKind::kMatchesTaste, 0.1F}};
  return kAll;
}

std::vector<float> Als::UserVector(absl::Span<const RecentItem> recent) const {
  Factors vectors(static_cast<Eigen::Index>(index_.dimensions()), static_cast<Eigen::Index>(recent.size()));
  std::vector<uint32_t> columns;
  std::vector<float> weights;
  for (const RecentItem& one : recent) {
    const float share = std::pow(decay_, static_cast<float>(one.age));
    if (one.item >= index_.size() || share < kSmallestWeight) continue;
    vectors.col(static_cast<Eigen::Index>(columns.size())) = AsVector(index_.VectorOf(one.item));
    columns.push_back(static_cast<uint32_t>(columns.size()));
    weights.push_back(alpha_ * share);
  }
  std::vector<float> out(index_.dimensions(), 0);
  RowSolver({.steps = 0}).Solve(vectors, columns, weights, absl::MakeSpan(out));
  return out;
}

std::vector<float> Als::ItemVector(absl::Span<const std::vector<float>> users) const {
  const auto size = static_cast<Eigen::Index>(index_.dimensions());
  const auto item_lower = item_lower_.triangularView<Eigen::Lower>();
  const auto user_lower = user_lower_.triangularView<Eigen::Lower>();
  Factors vectors(size, static_cast<Eigen::Index>(users.size()));
  std::vector<uint32_t> columns;
  for (const std::vector<float>& user : users) {
    vectors.col(static_cast<Eigen::Index>(columns.size())) = AsVector(user);
    columns.push_back(static_cast<uint32_t>(columns.size()));
  }
  item_lower.transpose().solveInPlace(vectors);
  user_lower.solveInPlace(vectors);
  const std::vector<float> weights(columns.size(), alpha_);
  std::vector<float> out(index_.dimensions(), 0);
  RowSolver({.steps = 0}).Solve(vectors, columns, weights, absl::MakeSpan(out));
  Eigen::Map<Eigen::VectorXf> vector(out.data(), size);
  user_lower.transpose().solveInPlace(vector);
  item_lower.solveInPlace(vector);
  return out;
}

void Als::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  if (profile.recent().empty()) return;
  std::vector<float>& user = out.numbers(first);
  user = UserVector(profile.recent());
  for (const ScoredItem& best : index_.Top(user, static_cast<size_t>(limit), {true, out.AllowedWords()})) {
    if (best.score > 0) out.Nominate(best.item);
  }
}

void Als::Describe(const Profile&, size_t first, Candidates& out) const {
  const std::vector<float>& user = out.numbers(first);
  if (user.empty()) return;
  for (size_t row = 0; row < out.items().size(); ++row) {
    const ItemId item = out.items()[row];
    if (item < index_.size()) out.value(row, first) = std::max(0.0F, index_.Score(user, item));
  }
}

void Als::Save(base::ByteWriter& out) const {
  out.Value(alpha_);
  out.Value(decay_);
  index_.Save(out);
  out.Array(AsNumbers(item_lower_));
  out.Array(AsNumbers(user_lower_));
}

Als Als::Load(base::ByteReader& in, uint32_t item_count) {
  Als out;
  out.alpha_ = in.Value<float>();
  out.decay_ = in.Value<float>();
  in.Require(out.alpha_ > 0 && out.alpha_ <= base::ByteReader::kMaxWeight && out.decay_ > 0 && out.decay_ <= 1,
             "als has a weight out of range");
  out.index_ = VectorIndex::Load(in, item_count);
  in.Require(out.index_.dimensions() % kLane == 0, "als has vectors of an odd length");
  out.item_lower_ = LoadLower(in, out.index_.dimensions());
  out.user_lower_ = LoadLower(in, out.index_.dimensions());
  return in.status().ok() ? std::move(out) : Als();
}

}  // namespace kontor::recommendations
