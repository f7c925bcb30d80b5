#include "libs/domain/forecasting/panel_profile.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr Eigen::Index kRank = 10;
constexpr double kSecondYear = .35;                  // share of the year before the last
constexpr double kGrowthFollowed = .6;               // share of the last half year's growth
constexpr double kYearDrawn = .3, kLevelDrawn = .1;  // weight of the parent's growth, in mean rows

using Rows = std::vector<Eigen::Index>;

absl::Status Check(absl::Span<const PanelSeries> series, int horizon, const PanelOptions& options) {
  if (series.empty()) return absl::InvalidArgumentError("a panel needs series");
  if (options.year < 8 || horizon < 1 || horizon > options.year) {
    return absl::InvalidArgumentError("a year has at least 8 steps, the horizon from 1 step to a year");
  }
  if (!(options.year_shift >= 0 && options.year_shift <= .3)) {
    return absl::InvalidArgumentError("a year is longer by 0 to .3 steps");
  }
  const size_t count = series.front().values.size();
  for (size_t i = 0; i < series.size(); ++i) {
    const auto& values = series[i].values;
    const bool finite = std::none_of(values.begin(), values.end(), [](double value) { return std::isinf(value); });
    if (values.size() != count || !finite) {
      return absl::InvalidArgumentError(
          absl::StrCat("series ", i, " has other steps than the first, or an infinite value"));
    }
  }
  if (2 * count < 3 * static_cast<size_t>(options.year)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a year of ", options.year, " steps needs one and a half, not ", count));
  }
  return absl::OkStatus();
}

class Panel {
 public:
  Panel(absl::Span<const PanelSeries> series, int horizon, const PanelOptions& options)
      : options_(options),
        horizon_(horizon),
        year_(options.year),
        rows_(static_cast<Eigen::Index>(series.size())),
        steps_(static_cast<Eigen::Index>(series.front().values.size())),
        values_(rows_, steps_),
        effects_(Eigen::MatrixXd::Ones(rows_, 3)) {
    for (Eigen::Index i = 0; i < rows_; ++i) {
      groups_[series[i].group].push_back(i);
      Fill(series[i].values, i);
    }
    for (const auto& [group, rows] : groups_) Smooth(rows);
    TakeFeastsOut();
  }

  std::vector<std::vector<double>> Forecast() const {
    Eigen::MatrixXd found = YearsBefore(1, options_.year_shift);
    const bool two = steps_ >= 2 * year_;
    Eigen::VectorXd yearly = Eigen::VectorXd::Ones(rows_);
    if (two) {
      yearly = Growth(year_, kYearDrawn);
      const Eigen::MatrixXd second = YearsBefore(2, std::min(1.6 * options_.year_shift, .5));
      found = (1 - kSecondYear) * found + kSecondYear * (yearly.asDiagonal() * second);
    }
    Eigen::VectorXd level = Growth(year_ / 2, kLevelDrawn);
    for (Eigen::Index i = 0; i < rows_; ++i) {
      double growth = level[i] - 1;
      if (two) growth = (1 - kSecondYear) * growth + kSecondYear * (level[i] / yearly[i] - 1);
      found.row(i) *= std::max(1 + kGrowthFollowed * growth, .2);
    }
    for (const int feast : options_.feasts) {
      for (int o = -1; o <= 1; ++o) {
        const Eigen::Index step = feast + o - steps_;
        if (step >= 0 && step < horizon_) found.col(step) = found.col(step).cwiseProduct(effects_.col(o + 1));
      }
    }
    std::vector<std::vector<double>> forecast;
    for (Eigen::Index i = 0; i < rows_; ++i) forecast.emplace_back(found.row(i).begin(), found.row(i).end());
    return forecast;
  }

 private:
  void Fill(const std::vector<double>& known, Eigen::Index row) {
    std::vector<double> values = known;
    const size_t year = static_cast<size_t>(year_);
    for (size_t t = year; t < values.size(); ++t) {
      if (std::isnan(values[t])) values[t] = known[t - year];
    }
    const std::vector<double> once = values;
    for (size_t t = 0; t < values.size(); ++t) {
      if (std::isnan(values[t]) && t + year < values.size()) values[t] = once[t + year];
      values_(row, static_cast<Eigen::Index>(t)) = std::isnan(values[t]) ? 0 : values[t];
    }
  }

  // The best approximation of low rank, by the eigenvectors of the smaller product of the matrix with itself.
  void Smooth(const Rows& rows) {
    const auto count = static_cast<Eigen::Index>(rows.size());
    if (std::min(count, steps_) <= kRank) return;
    Eigen::MatrixXd part(count, steps_);
    for (Eigen::Index i = 0; i < count; ++i) part.row(i) = values_.row(rows[i]);
    const bool wide = count <= steps_;
    Eigen::MatrixXd product;
    if (wide) {
      product = part * part.transpose();
    } else {
      product = part.transpose() * part;
    }
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(product);
    const Eigen::MatrixXd main = solver.eigenvectors().rightCols(kRank);
    if (wide) {
      part = main * (main.transpose() * part).eval();
    } else {
      part = (part * main).eval() * main.transpose();
    }
    for (Eigen::Index i = 0; i < count; ++i) values_.row(rows[i]) = part.row(i);
  }

  // What the steps around past feasts have more than those around them, by group; the values without it.
  void TakeFeastsOut() {
    Eigen::MatrixXd around = Eigen::MatrixXd::Zero(rows_, 3);
    Eigen::VectorXd usual = Eigen::VectorXd::Zero(rows_);
    for (const int feast : options_.feasts) {
      if (feast < 3 || feast + 3 >= steps_) continue;
      const Eigen::VectorXd before = (values_.col(feast - 3) + values_.col(feast - 2)) / 2;
      const Eigen::VectorXd after = (values_.col(feast + 2) + values_.col(feast + 3)) / 2;
      around += values_.middleCols(feast - 1, 3);
      usual += (before + after) / 2;
      for (int o = -1; o <= 1; ++o) values_.col(feast + o) = before + (after - before) * (.5 + o / 6.0);
    }
    for (const auto& [group, rows] : groups_) {
      Eigen::RowVector3d sums = Eigen::RowVector3d::Zero();
      double base = 0;
      for (const Eigen::Index i : rows) {
        sums += around.row(i);
        base += usual[i];
      }
      if (!(base > 0)) continue;
      for (const Eigen::Index i : rows) effects_.row(i) = (sums / base).cwiseMax(.3).cwiseMin(6);
    }
  }

  // The steps `years` before those to forecast, between two of them.
  Eigen::MatrixXd YearsBefore(int years, double shift) const {
    const Eigen::Index from = steps_ - years * year_;
    Eigen::MatrixXd found(rows_, horizon_);
    for (Eigen::Index h = 0; h < horizon_; ++h) {
      found.col(h) = (1 - shift) * values_.col(from + h) + shift * values_.col(std::max<Eigen::Index>(from + h - 1, 0));
    }
    return found;
  }

  // The sum of the last `count` steps over that of the same a year before, drawn to the group's and to that of all.
  Eigen::VectorXd Growth(Eigen::Index count, double drawn) const {
    const Eigen::VectorXd now = values_.rightCols(count).rowwise().sum();
    const Eigen::VectorXd before = values_.middleCols(steps_ - count - year_, count)
                                       .rowwise()
                                       .sum()
                                       .cwiseMax(1e-9 * (1 + values_.cwiseAbs().mean()));
    const double all = now.sum() / before.sum();
    Eigen::VectorXd growth(rows_);
    for (const auto& [group, rows] : groups_) {
      double group_now = 0, group_before = 0;
      for (const Eigen::Index i : rows) {
        group_now += now[i];
        group_before += before[i];
      }
      const double weight = drawn * group_before / static_cast<double>(rows.size());
      const double common = (group_now + 2 * weight * all) / (group_before + 2 * weight);
      for (const Eigen::Index i : rows) {
        growth[i] = std::clamp((now[i] + weight * common) / (before[i] + weight), .3, 3.0);
      }
    }
    return growth;
  }

  const PanelOptions& options_;
  Eigen::Index horizon_, year_, rows_, steps_;
  std::map<int64_t, Rows> groups_;
  Eigen::MatrixXd values_;
  Eigen::MatrixXd effects_;  // of the steps before, at and after a feast
};

}  // namespace

absl::StatusOr<std::vector<std::vector<double>>> ForecastPanel(absl::Span<const PanelSeries> series, int horizon,
                                                               const PanelOptions& options) {
  RETURN_IF_ERROR(Check(series, horizon, options));
  return Panel(series, horizon, options).Forecast();
}

}  // namespace kontor::forecasting
