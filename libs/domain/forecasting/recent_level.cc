#include "libs/domain/forecasting/recent_level.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kToDeviation = 1.4826;
constexpr size_t kNeighbours = 4, kShort = 4, kLong = 8, kSlopeWindow = 26, kLeastForSlope = 8;
constexpr double kSlopeShare = 0.5, kMostSlope = 0.03, kSmoothing = 0.4;
constexpr size_t kProfileSeasons = 13, kLeastSeasons = 4;
constexpr double kManyZeros = 0.3;
constexpr int kWarmUp = 4;  // values before the first one-step forecast

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.size() % 2 == 1 ? *middle : (*middle + *std::max_element(values.begin(), middle)) / 2;
}

double Mean(Values values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Values Last(Values values, size_t count) { return values.subspan(values.size() - std::min(count, values.size())); }

// The median of the slopes between all pairs of values (Theil 1950, Sen 1968): spikes do not turn it. 0 for few values.
double RobustSlope(Values values) {
  if (values.size() < kLeastForSlope) return 0;
  std::vector<double> slopes;
  for (size_t j = 1; j < values.size(); ++j) {
    for (size_t i = 0; i < j; ++i) slopes.push_back((values[j] - values[i]) / static_cast<double>(j - i));
  }
  return Median(std::move(slopes));
}

// Each value at most what its neighbours, and how the values rise or fall, make likely.
std::vector<double> WithoutSpikes(Values values) {
  std::vector<double> out(values.begin(), values.end());
  const double slope = RobustSlope(Last(values, kSlopeWindow));
  for (size_t t = 0; t < values.size(); ++t) {
    const size_t after = std::min(kNeighbours, values.size() - 1 - t);
    const size_t before = std::min(after < kNeighbours ? 2 * kNeighbours : kNeighbours, t);
    std::vector<double> near;
    for (size_t i = t - before; i <= t + after; ++i) {
      if (i != t) near.push_back(values[i] + slope * (static_cast<double>(t) - static_cast<double>(i)));
    }
    if (near.size() < kNeighbours) continue;
    const double median = Median(near);
    for (double& value : near) value = std::abs(value - median);
    const double limit = median + 3 * (kToDeviation * Median(near) + 0.1 * std::abs(median));
    out[t] = std::min(out[t], limit);
  }
  return out;
}

double Slope(Values values) {
  const double center = (static_cast<double>(values.size()) - 1) / 2, mean = Mean(values);
  double above = 0, below = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    above += (static_cast<double>(t) - center) * (values[t] - mean);
    below += (static_cast<double>(t) - center) * (static_cast<double>(t) - center);
  }
  return above / below;
}

// A line: level + slope × (3.5 + step), steps from 1 on.
struct Line {
  double level = 0, flat = 0, slope = 0;

  double At(int step) const { return (2 * flat + level + slope * (3.5 + step)) / 3; }
};

Line FitLine(Values raw) {
  const std::vector<double> values = WithoutSpikes(raw);
  Line line;
  const double last = (values.back() + Mean(Last(values, kShort))) / 2;
  double smooth = Mean(Values(values).first(std::min(kShort, values.size())));
  for (const double value : values) smooth += kSmoothing * (value - smooth);
  line.flat = (last + smooth) / 2;
  line.level = Mean(Last(values, kLong));
  if (values.size() >= kLeastForSlope) {
    const double most = kMostSlope * std::abs(line.level);
    line.slope = std::clamp(kSlopeShare * Slope(Last(values, kSlopeWindow)), -most, most);
  }
  return line;
}

class LevelModel final : public FittedModel {
 public:
  LevelModel(Line line, double median, double share, bool non_negative, std::vector<double> fitted, double variance)
      : line_(line),
        median_(median),
        share_(share),
        non_negative_(non_negative),
        fitted_(std::move(fitted)),
        variance_(variance) {}

  Prediction Predict(int horizon) const override {
    Prediction prediction;
    for (int step = 1; step <= horizon; ++step) {
      const double mean = share_ * median_ + (1 - share_) * line_.At(step);
      prediction.mean.push_back(non_negative_ ? std::max(0.0, mean) : mean);
      prediction.variance.push_back(variance_);
    }
    return prediction;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return share_ > 0 ? "recent median" : "recent level"; }

 private:
  const Line line_;
  const double median_, share_;
  const bool non_negative_;
  const std::vector<double> fitted_;
  const double variance_;
};

struct Level {
  Line line;
  double median = 0, share = 0;

  double Next() const { return share * median + (1 - share) * line.At(1); }
};

Level FitLevel(Values values, double share) {
  const Values last = Last(values, kLong);
  return {FitLine(values), Median({last.begin(), last.end()}), share};
}

Method LevelMethod(const char* name, double share) {
  return {name, [share](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            RETURN_IF_ERROR(CheckSeries(series));
            const Values values = series.values;
            const bool non_negative = *std::min_element(values.begin(), values.end()) >= 0;
            std::vector<double> fitted(values.size(), kNone);
            double squares = 0, count = 0;
            for (size_t t = kWarmUp; t < values.size(); ++t) {
              fitted[t] = FitLevel(values.first(t), share).Next();
              squares += (values[t] - fitted[t]) * (values[t] - fitted[t]);
              ++count;
            }
            const Level level = FitLevel(values, share);
            return std::make_unique<LevelModel>(level.line, level.median, share, non_negative, std::move(fitted),
                                                count > 0 ? squares / count : 0);
          }};
}

class ProfileModel final : public FittedModel {
 public:
  ProfileModel(Line line, std::vector<double> shares, std::vector<double> medians, double usual, bool sparse,
               std::vector<double> fitted, std::vector<double> variances)
      : line_(line),
        shares_(std::move(shares)),
        medians_(std::move(medians)),
        usual_(usual),
        sparse_(sparse),
        fitted_(std::move(fitted)),
        variances_(std::move(variances)) {}

  Prediction Predict(int horizon) const override {
    const auto season = static_cast<int>(shares_.size());
    Prediction prediction;
    for (int step = 0; step < horizon; ++step) {
      const auto place = static_cast<size_t>(step % season);
      const double block = std::max(0.0, line_.At(step / season + 1));
      double mean = block * shares_[place];
      if (sparse_ && usual_ > 0) mean = (mean + std::clamp(block / usual_, 0.5, 2.0) * medians_[place]) / 2;
      prediction.mean.push_back(mean);
      prediction.variance.push_back(variances_[place]);
    }
    return prediction;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return absl::StrCat("profile of ", shares_.size()); }

 private:
  const Line line_;
  const std::vector<double> shares_, medians_;  // by place after the end
  const double usual_;                          // mean of the seasons that these are of
  const bool sparse_;
  const std::vector<double> fitted_, variances_;
};

// The last seasons, one row each, the oldest first; the first places of the series that fill no season are left out.
struct Seasons {
  Values values;
  size_t season = 1;

  size_t count() const { return values.size() / season; }
  double At(size_t row, size_t place) const { return values[values.size() - (count() - row) * season + place]; }
  std::vector<double> Sums() const {
    std::vector<double> sums(count(), 0);
    for (size_t row = 0; row < count(); ++row) {
      for (size_t place = 0; place < season; ++place) sums[row] += At(row, place);
    }
    return sums;
  }
};

absl::StatusOr<std::unique_ptr<FittedModel>> FitProfile(const Series& series) {
  RETURN_IF_ERROR(CheckSeries(series));
  const auto season = static_cast<size_t>(series.season());
  const Seasons seasons{series.values, season};
  if (season < 2 || seasons.count() < kLeastSeasons) {
    return absl::FailedPreconditionError("a profile needs four whole seasons");
  }
  const std::vector<double> sums = seasons.Sums();
  const size_t rows = std::min(kProfileSeasons, seasons.count()), first = seasons.count() - rows;
  const double total = std::accumulate(sums.begin() + static_cast<ptrdiff_t>(first), sums.end(), 0.0);
  std::vector<double> shares(season, 1.0 / static_cast<double>(season)), medians(season, 0), variances(season, 0);
  double zeros = 0, selling = 0;
  for (size_t place = 0; place < season; ++place) {
    std::vector<double> column;
    for (size_t row = first; row < seasons.count(); ++row) column.push_back(seasons.At(row, place));
    const double sum = std::accumulate(column.begin(), column.end(), 0.0);
    if (total > 0) shares[place] = sum / total;
    if (sum > 0) {
      selling += static_cast<double>(rows);
      zeros += static_cast<double>(std::count(column.begin(), column.end(), 0.0));
    }
    medians[place] = Median(std::move(column));
  }
  std::vector<double> fitted(series.values.size(), kNone);
  for (size_t row = std::max(first, kLeastSeasons); row < seasons.count(); ++row) {
    const double block = FitLine(Values(sums).first(row)).At(1);
    for (size_t place = 0; place < season; ++place) {
      const size_t t = series.values.size() - (seasons.count() - row) * season + place;
      fitted[t] = block * shares[place];
      variances[place] += (series.values[t] - fitted[t]) * (series.values[t] - fitted[t]);
    }
  }
  const size_t measured = seasons.count() - std::min(seasons.count(), std::max(first, kLeastSeasons));
  for (double& variance : variances) variance /= static_cast<double>(std::max<size_t>(1, measured));
  return std::make_unique<ProfileModel>(FitLine(sums), std::move(shares), std::move(medians),
                                        total / static_cast<double>(rows), zeros > kManyZeros * selling,
                                        std::move(fitted), std::move(variances));
}

}  // namespace

Method RecentLevelMethod() { return LevelMethod("recent_level", 0); }
Method RecentMedianMethod() { return LevelMethod("recent_median", 0.5); }
Method WeekProfileMethod() { return {"week_profile", FitProfile}; }

}  // namespace kontor::forecasting
