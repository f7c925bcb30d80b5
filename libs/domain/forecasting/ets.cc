#include "libs/domain/forecasting/ets.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/domain/forecasting/ets_recursion.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

constexpr double kPerfect = 1e-20;  // a mean squared error of this part of the values' square is none

char Letter(EtsComponent component) { return component == kNone ? 'N' : component == kAdditive ? 'A' : 'M'; }

bool HasProduct(const EtsForm& form) {
  return form.error == kMultiplicative || form.trend == kMultiplicative || form.season == kMultiplicative;
}

double LeastSquares(const EtsForm& form, Values values) {
  double size = 0;
  for (const double value : values) size += value * value;
  const double n = static_cast<double>(values.size());
  const double least = kPerfect * (form.error == kMultiplicative ? n : size);
  return std::max(least, std::numeric_limits<double>::min());
}

}  // namespace

std::string EtsName(const EtsForm& form) {
  return absl::StrCat("ETS(", std::string(1, Letter(form.error)), ",", std::string(1, Letter(form.trend)),
                      form.damped ? "d" : "", ",", std::string(1, Letter(form.season)), ")");
}

EtsModel::EtsModel(EtsForm form, EtsParameters parameters, EtsState initial, int free_parameters, Values values)
    : form_(form), parameters_(parameters), initial_(std::move(initial)), last_(initial_) {
  EtsTrace trace;
  trace.Resize(values.size());
  const EtsSums sums = RunEts(form_, parameters_, values, last_, trace);
  fitted_ = std::move(trace.forecast);
  const double n = static_cast<double>(values.size()), k = free_parameters;
  log_likelihood_ = -0.5 * n * std::log(sums.squares + LeastSquares(form_, values)) - sums.logs;
  aicc_ = n - k - 1 > 0 ? -2 * log_likelihood_ + 2 * k + 2 * k * (k + 1) / (n - k - 1)
                        : std::numeric_limits<double>::infinity();
  variance_ = sums.squares / std::max(n - k - 1, 1.0);
  if (!last_.seasons.empty()) {
    std::rotate(last_.seasons.begin(),
                last_.seasons.begin() + static_cast<std::ptrdiff_t>(values.size() % last_.seasons.size()),
                last_.seasons.end());
  }
}

Prediction EtsModel::Predict(int horizon) const {
  Prediction prediction;
  prediction.mean = EtsMeans(form_, parameters_, last_, horizon);
  prediction.variance = EtsVariances(form_, parameters_, last_, variance_, prediction.mean);
  return prediction;
}

absl::StatusOr<std::unique_ptr<EtsModel>> EtsModel::Update(Values more) const {
  for (const double value : more) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a value is not a finite number: fill gaps before");
    if (HasProduct(form_) && !(value > 0)) {
      return absl::InvalidArgumentError(absl::StrCat(EtsName(form_), " takes values above 0 only"));
    }
  }
  auto next = std::make_unique<EtsModel>(*this);
  EtsTrace trace;
  trace.Resize(more.size());
  if (!RunEts(form_, parameters_, more, next->last_, trace).valid) {
    return absl::InvalidArgumentError(
        absl::StrCat("the values take ", EtsName(form_), " out of its range: fit a model anew"));
  }
  next->fitted_.insert(next->fitted_.end(), trace.forecast.begin(), trace.forecast.end());
  std::vector<double>& seasons = next->last_.seasons;
  if (!seasons.empty()) {
    std::rotate(seasons.begin(), seasons.begin() + static_cast<std::ptrdiff_t>(more.size() % seasons.size()),
                seasons.end());
  }
  return next;
}

}  // namespace kontor::forecasting
