#include "libs/domain/forecasting/factor_regression.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace kontor::forecasting {
namespace {

constexpr int kMostIterations = 25, kFourierPairs = 3;
constexpr double kStepsOfALevel = 56, kMostLevels = 12;  // the level's slope may change that often
constexpr double kShortSeason = 12;                      // up to so many steps each place has its own effect
constexpr double kSeasonSeen = 0.8;                      // of a period
constexpr double kMostExponent = 12, kRidge = 1e-3, kFactorRidge = 0.02;
constexpr double kUnreliable = 0.2;

using Column = Eigen::ArrayXd;

// Level and seasons.
std::vector<Column> BaseColumns(Eigen::Index size, absl::Span<const double> periods) {
  const Column time = Column::LinSpaced(size, 0, static_cast<double>(size - 1));
  const double count = static_cast<double>(size);
  std::vector<Column> columns = {Column::Ones(size), time / count - 0.5};
  const double longest = periods.empty() ? 1 : *std::min_element(periods.begin(), periods.end());
  const double piece = std::max(kStepsOfALevel / 4, std::min(kStepsOfALevel, 8 * longest));
  const double levels = std::min(kMostLevels, std::floor(count / piece));
  for (double level = 1; level < levels; ++level) {
    columns.emplace_back((time / count - level / levels).max(0.0));
  }
  for (const double period : periods) {
    if (count < kSeasonSeen * period) continue;
    if (period <= kShortSeason) {
      const auto places = static_cast<int>(period);
      for (int place = 1; place < places; ++place) {
        Column& column = columns.emplace_back(Column::Zero(size));
        for (Eigen::Index i = place; i < size; i += places) column[i] = 1;
      }
      continue;
    }
    for (int pair = 1; pair <= kFourierPairs; ++pair) {
      const Column angle = time * (2 * std::numbers::pi * pair / period);
      columns.emplace_back(angle.sin());
      columns.emplace_back(angle.cos());
    }
  }
  return columns;
}

}  // namespace

FactorRegression::FactorRegression(Values values, std::vector<const Factor*> factors, absl::Span<const double> periods)
    : factors_(std::move(factors)) {
  const auto size = static_cast<Eigen::Index>(values.size());
  std::vector<Column> columns = BaseColumns(size, periods);
  const auto base = static_cast<Eigen::Index>(columns.size());
  for (const Factor* factor : factors_) {
    const Column raw = Eigen::Map<const Column>(factor->values.data(), size);
    const double mean = raw.mean(), others = static_cast<double>((raw != 0).count());
    const bool weather = factor->kind == FactorKind::kWeather;
    const double change = weather ? std::sqrt((raw - mean).square().mean()) : raw.sum() / std::max(1.0, others);
    centres_.push_back(weather ? mean : 0);
    changes_.push_back(std::abs(change) > 1e-9 ? change : 1);
    columns.emplace_back((raw - centres_.back()) / changes_.back());
  }
  const auto width = static_cast<Eigen::Index>(columns.size());
  Eigen::MatrixXd design(size, width);
  for (Eigen::Index c = 0; c < width; ++c) design.col(c) = columns[static_cast<size_t>(c)];
  const Column sold = Eigen::Map<const Column>(values.data(), size);
  const double scale = sold.mean();
  const Column target = sold / scale;
  Eigen::VectorXd penalty = Eigen::VectorXd::Constant(width, kRidge);
  penalty[0] = 0;
  penalty.tail(width - base).setConstant(kFactorRidge);

  Column line = ((target + 1) / 2).log(), expected = line.exp();
  Eigen::VectorXd place = Eigen::VectorXd::Zero(width);
  Eigen::MatrixXd curvature;
  for (int i = 0; i < kMostIterations; ++i) {
    const Column working = line + (target - expected) / expected;
    const Eigen::MatrixXd weighted = design.array().colwise() * expected.sqrt();
    curvature = weighted.transpose() * weighted;
    curvature.diagonal() += penalty;
    const Eigen::VectorXd next = curvature.ldlt().solve(design.transpose() * (expected * working).matrix());
    const double moved = (next - place).cwiseAbs().maxCoeff();
    place = next;
    line = (design * place).array().min(kMostExponent).max(-kMostExponent);
    expected = line.exp();
    if (moved < 1e-6) break;
  }
  const double freedom = std::max(1.0, static_cast<double>(size - width));
  const double dispersion = ((target - expected).square() / expected.max(1e-3)).sum() / freedom;
  const Eigen::VectorXd variances =
      curvature.ldlt().solve(Eigen::MatrixXd::Identity(width, width)).diagonal() * dispersion;
  for (Eigen::Index c = base; c < width; ++c) {
    coefficients_.push_back(place[c] / changes_[static_cast<size_t>(c - base)]);
    deviations_.push_back(place[c] / std::sqrt(std::max(variances[c], 1e-12)));
  }
  const Column without = (design.leftCols(base) * place.head(base)).array().min(kMostExponent).exp() * scale;
  expected_.assign(without.begin(), without.end());
}

std::vector<FactorEffect> FactorRegression::Effects() const {
  std::vector<FactorEffect> effects;
  for (size_t f = 0; f < factors_.size(); ++f) {
    effects.push_back({factors_[f]->kind, factors_[f]->name, coefficients_[f], changes_[f],
                       std::exp(coefficients_[f] * changes_[f]) - 1});
  }
  return effects;
}

std::vector<double> FactorRegression::Multipliers(size_t count) const {
  std::vector<double> multipliers(count, 1);
  for (size_t i = 0; i < count; ++i) {
    double sum = 0;
    for (size_t f = 0; f < factors_.size(); ++f) sum += coefficients_[f] * (factors_[f]->values[i] - centres_[f]);
    multipliers[i] = std::clamp(std::exp(sum), 1 / kMostMultiplier, kMostMultiplier);
  }
  return multipliers;
}

std::vector<double> FactorRegression::Base(Values values) const {
  std::vector<double> base = Multipliers(values.size());
  for (size_t i = 0; i < base.size(); ++i) base[i] = base[i] < kUnreliable ? expected_[i] : values[i] / base[i];
  return base;
}

}  // namespace kontor::forecasting
