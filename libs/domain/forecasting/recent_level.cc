#include "libs/domain/forecasting/recent_level.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/smoothed_level.h"
#include "libs/domain/stats/quantile.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeast = 4, kReach = 4, kSlopeLength = 26, kProfileSeasons = 13;

double MeanOfLast(Values values, size_t count) {
  const Values last = values.last(std::min(count, values.size()));
  return std::accumulate(last.begin(), last.end(), 0.0) / static_cast<double>(last.size());
}

// Values far above the median of those around, cut; of the last ones those before count alone.
std::vector<double> WithoutSpikes(Values values) {
  std::vector<double> cut(values.begin(), values.end());
  for (size_t t = 0; t < values.size(); ++t) {
    const size_t back = t + kReach >= values.size() ? 2 * kReach : kReach;
    std::vector<double> around;
    for (size_t i = t - std::min(back, t); i < std::min(values.size(), t + kReach + 1); ++i) {
      if (i != t) around.push_back(values[i]);
    }
    if (around.size() < kReach) continue;
    const double median = stats::Quantile(around, .5);
    for (double& value : around) value = std::abs(value - median);
    cut[t] = std::min(values[t], median + 3 * (1.4826 * stats::Quantile(around, .5) + .1 * std::abs(median)));
  }
  return cut;
}

double Slope(Values values) {
  const double middle = (static_cast<double>(values.size()) - 1) / 2;
  double product = 0, square = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double place = static_cast<double>(i) - middle;
    product += place * values[i];
    square += place * place;
  }
  return square > 0 ? product / square : 0;
}

// level + step × (3.5 + h) from the middle of the last eight, and two flat ones: one line.
struct Line {
  double start = 0, step = 0;
  double At(int h) const { return start + step * h; }  // h from 1
};

Line LineOf(Values values) {
  const std::vector<double> cut = WithoutSpikes(values);
  const Values all(cut);
  const double near = (all.back() + MeanOfLast(all, 4)) / 2, level = MeanOfLast(all, 8);
  const double most = .03 * std::abs(level);
  const double step = std::clamp(.5 * Slope(all.last(std::min(kSlopeLength, all.size()))), -most, most);
  std::vector<double> from_fourth = {(all[0] + all[1] + all[2] + all[3]) / 4};
  from_fourth.insert(from_fourth.end(), cut.begin(), cut.end());
  return {(near + level + 3.5 * step + SmoothLevel(from_fourth, .4, {})) / 3, step / 3};
}

class RecentLevelModel : public FittedModel {
 public:
  RecentLevelModel(Values values, size_t season)
      : not_negative_(*std::min_element(values.begin(), values.end()) >= 0), shares_(season, 1), medians_(season, 0) {
    const Values whole = values.last(values.size() - values.size() % season);
    for (size_t t = 0; t < whole.size(); t += season) sums_.push_back(Sum(whole.subspan(t, season)));
    line_ = LineOf(sums_);
    if (season > 1) SetProfile(whole.last(std::min(kProfileSeasons, sums_.size()) * season));
    SetFitted(values, season);
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction;
    const size_t season = shares_.size();
    for (size_t h = 0; h < static_cast<size_t>(horizon); ++h) {
      double sum = line_.At(static_cast<int>(h / season) + 1);
      if (not_negative_) sum = std::max(sum, 0.0);
      double value = sum * shares_[h % season];
      if (by_median_) value = (value + medians_[h % season] * std::clamp(sum / profile_sum_, .5, 2.0)) / 2;
      prediction.mean.push_back(value);
    }
    return prediction;
  }

  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "recent level"; }

 private:
  static double Sum(Values values) { return std::accumulate(values.begin(), values.end(), 0.0); }

  // Shares of the steps; where the sum is nothing to divide by, equal ones.
  void SetProfile(Values last) {
    const size_t season = shares_.size(), seasons = last.size() / season;
    const double total = Sum(last);
    profile_sum_ = total / static_cast<double>(seasons);
    double zeros = 0, selling = 0;
    for (size_t k = 0; k < season; ++k) {
      std::vector<double> own;
      for (size_t t = k; t < last.size(); t += season) own.push_back(last[t]);
      shares_[k] = std::abs(total) > 0 ? Sum(own) / total : 1 / static_cast<double>(season);
      medians_[k] = stats::Quantile(own, .5);
      const double none = static_cast<double>(std::count(own.begin(), own.end(), 0.0));
      if (none == static_cast<double>(seasons)) continue;
      zeros += none;
      selling += static_cast<double>(seasons);
    }
    by_median_ = not_negative_ && profile_sum_ > 0 && zeros > .3 * selling;
  }

  void SetFitted(Values values, size_t season) {
    fitted_.assign(values.size(), std::numeric_limits<double>::quiet_NaN());
    for (size_t t = 4 * season; t < values.size(); ++t) {
      fitted_[t] = (values[t - season] + values[t - 2 * season] + values[t - 3 * season] + values[t - 4 * season]) / 4;
    }
  }

  bool not_negative_, by_median_ = false;
  Line line_;
  double profile_sum_ = 0;
  std::vector<double> sums_, shares_, medians_, fitted_;
};

}  // namespace

Method RecentLevelMethod() {
  return {"recent_level", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            RETURN_IF_ERROR(CheckSeries(series));
            const size_t season = static_cast<size_t>(series.season()), least = kLeast * season;
            if (series.values.size() < least) {
              return absl::FailedPreconditionError(
                  absl::StrCat("a recent level needs ", least, " values, not ", series.values.size()));
            }
            return std::make_unique<RecentLevelModel>(series.values, season);
          }};
}

}  // namespace kontor::forecasting
