#include "libs/domain/forecasting/long_season.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/double_season.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/ridge_autoregression.h"

namespace kontor::forecasting {
namespace {

constexpr int kMembers = 4, kOrigins = 4;

std::unique_ptr<FittedModel> FitMember(int k, Values values, const TwoSeasons& seasons) {
  switch (k) {
    case 0:
      return FitRidgeAutoregression(values, seasons, {.lags = LagSet::kBroad, .logs = true});
    case 1:
      return FitRidgeAutoregression(values, seasons, {.lags = LagSet::kSparse});
    case 2:
      return FitRidgeAutoregression(values, seasons, {.lags = LagSet::kDense, .logs = true, .penalty = 10});
    default:
      return FitDoubleSeason(values, seasons);
  }
}

double RatioOf(double sum, double reference) { return reference > 0 ? sum / reference : sum > 0 ? 1e3 : 1; }

// By sMAPE and absolute error in relation to the value one short season before.
std::vector<double> Weights(Values values, const TwoSeasons& seasons) {
  const int window = 2 * seasons.first, least = 2 * seasons.second + seasons.first;
  std::vector<double> smape(kMembers + 1, 0), absolute(kMembers + 1, 0), weights(kMembers, 1.0 / kMembers);
  for (int k = 0; k < kOrigins; ++k) {
    const int origin = static_cast<int>(values.size()) - window - 2 * window * k;
    if (origin < least) break;
    const Values past = values.first(origin), actual = values.subspan(origin, window);
    for (int m = 0; m <= kMembers; ++m) {
      std::vector<double> forecast;
      for (int h = 0; h < window; ++h) forecast.push_back(past[origin - seasons.first + h % seasons.first]);
      if (m < kMembers) forecast = FitMember(m, past, seasons)->Predict(window).mean;
      smape[m] += Smape(actual, forecast);
      absolute[m] += MeanAbsoluteError(actual, forecast);
    }
  }
  double total = 0;
  for (int m = 0; m < kMembers; ++m) {
    const double loss = RatioOf(smape[m], smape[kMembers]) + RatioOf(absolute[m], absolute[kMembers]);
    weights[m] = std::pow(std::max(loss, 1e-3), -4);
    total += weights[m];
  }
  for (double& weight : weights) weight /= total;
  return weights;
}

class LongSeasonModel : public FittedModel {
 public:
  LongSeasonModel(Values values, const TwoSeasons& seasons)
      : weights_(Weights(values, seasons)), fitted_(values.size(), 0) {
    for (int m = 0; m < kMembers; ++m) {
      members_.push_back(FitMember(m, values, seasons));
      for (size_t t = 0; t < fitted_.size(); ++t) fitted_[t] += weights_[m] * members_[m]->fitted()[t];
    }
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction{.mean = std::vector<double>(horizon, 0)};
    for (int m = 0; m < kMembers; ++m) {
      const std::vector<double> mean = members_[m]->Predict(horizon).mean;
      for (int h = 0; h < horizon; ++h) prediction.mean[h] += weights_[m] * mean[h];
    }
    return prediction;
  }

  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "long seasons: autoregressions and double seasonal smoothing"; }

 private:
  std::vector<double> weights_;
  std::vector<std::unique_ptr<FittedModel>> members_;
  std::vector<double> fitted_;
};

}  // namespace

Method LongSeasonMethod() {
  return {
      "long_season", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
        RETURN_IF_ERROR(CheckSeries(series));
        if (series.seasons.size() < 2) return absl::FailedPreconditionError("a short and a long season are needed");
        const TwoSeasons seasons{series.seasons.front(), series.seasons.back()};
        const size_t least = 2 * static_cast<size_t>(seasons.second) + seasons.first;
        if (series.values.size() < least) {
          return absl::FailedPreconditionError(absl::StrCat("seasons of ", seasons.first, " and ", seasons.second,
                                                            " need ", least, " values, not ", series.values.size()));
        }
        return std::make_unique<LongSeasonModel>(series.values, seasons);
      }};
}

}  // namespace kontor::forecasting
