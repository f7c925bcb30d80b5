#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/ets_search.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

constexpr double kMost = 0.9999;  // of alpha; of beta, in shares of it, where a form is given
constexpr size_t kShortestAuto = 5;
constexpr double kMostAutomaticBeta = 0.1;
constexpr int kTrendSteps = 10, kTrendSeasons = 3;  // how far ahead a trend has to be plausible
constexpr double kPlausibleShare = 0.5;
constexpr double kMargin = 20;  // in AICc, beyond which a form that was only explored is given up

bool HasProduct(const EtsForm& form) {
  return form.error == kMultiplicative || form.trend == kMultiplicative || form.season == kMultiplicative;
}

double MeanSize(Values values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return sum / static_cast<double>(values.size());
}

bool AllAboveZero(Values values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value > 0; });
}

bool IsConstant(Values values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

std::unique_ptr<EtsModel> ConstantModel(Values values) {
  return std::make_unique<EtsModel>(EtsForm{}, EtsParameters{kMost, 0, 0, 1}, EtsState{values.front(), 0, {}}, 1,
                                    values);
}

std::vector<double> Scaled(Values values, double scale) {
  std::vector<double> scaled(values.begin(), values.end());
  for (double& value : scaled) value /= scale;
  return scaled;
}

std::vector<EtsForm> Candidates(bool positive, bool season) {
  std::vector<EtsForm> forms;
  for (const EtsComponent error : {kAdditive, kMultiplicative}) {
    for (const EtsComponent trend : {kNone, kAdditive}) {
      for (const EtsComponent seasonal : {kNone, kAdditive, kMultiplicative}) {
        for (const bool damped : {false, true}) {
          const EtsForm form{error, trend, seasonal, damped};
          if ((damped && trend == kNone) || (seasonal != kNone && !season) || (HasProduct(form) && !positive)) continue;
          if (error == kAdditive && seasonal == kMultiplicative) continue;
          forms.push_back(form);
        }
      }
    }
  }
  return forms;
}

std::unique_ptr<EtsModel> ModelOf(const EtsSearch& search, Values values, double scale, int season) {
  return std::make_unique<EtsModel>(search.form(), search.parameters(), search.state(scale),
                                    FreeParameters(search.form(), season), values);
}

// Of values of size 1.
double Aicc(const EtsSearch& search, size_t values, int season) {
  const double n = static_cast<double>(values), k = FreeParameters(search.form(), season);
  return search.cost() + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

// Those with a valid start and few enough parameters, the most promising first.
std::vector<std::unique_ptr<EtsSearch>> ExploreForms(const std::vector<EtsForm>& forms, Values scaled, int season) {
  std::vector<std::unique_ptr<EtsSearch>> searches;
  for (const EtsForm& form : forms) {
    if (FreeParameters(form, season) >= static_cast<int>(scaled.size()) - 1) continue;
    searches.push_back(std::make_unique<EtsSearch>(form, scaled, season, kMostAutomaticBeta));
    searches.back()->Explore();
    if (!std::isfinite(searches.back()->cost())) searches.pop_back();
  }
  std::stable_sort(searches.begin(), searches.end(), [&](const auto& a, const auto& b) {
    return Aicc(*a, scaled.size(), season) < Aicc(*b, scaled.size(), season);
  });
  return searches;
}

// Whether an additive trend takes values above 0 to where they never were and soon could not be.
bool EndsTooLow(const EtsModel& model, Values values, int season) {
  if (model.form().trend != kAdditive || !AllAboveZero(values)) return false;
  double steps = 0, damping = 1;
  for (int h = std::max(kTrendSteps, kTrendSeasons * season); h > 0; --h) steps += damping *= model.parameters().phi;
  const double least = *std::min_element(values.begin(), values.end());
  return model.last().level + steps * model.last().growth < kPlausibleShare * least;
}

}  // namespace

absl::StatusOr<std::unique_ptr<EtsModel>> FitEts(const Series& series, const EtsForm& form) {
  RETURN_IF_ERROR(CheckSeries(series));
  const Values values = series.values;
  const int season = series.season();
  if (form.error == kNone || (form.damped && form.trend == kNone)) {
    return absl::InvalidArgumentError("a form has errors of one kind, and damping only with a trend");
  }
  if (form.season != kNone && (season < 2 || values.size() <= static_cast<size_t>(season))) {
    return absl::FailedPreconditionError(absl::StrCat(EtsName(form), " needs a season and more than one of values"));
  }
  if (values.size() < static_cast<size_t>(FreeParameters(form, season) + 2)) {
    return absl::FailedPreconditionError(
        absl::StrCat(EtsName(form), " needs at least ", FreeParameters(form, season) + 2, " values"));
  }
  if (HasProduct(form) && !AllAboveZero(values)) {
    return absl::FailedPreconditionError(absl::StrCat(EtsName(form), " needs values above 0"));
  }
  if (IsConstant(values)) return ConstantModel(values);
  const double scale = MeanSize(values);
  const std::vector<double> scaled = Scaled(values, scale);
  EtsSearch search(form, scaled, season, kMost);
  search.Explore();
  search.Polish();
  if (!std::isfinite(search.cost())) {
    return absl::FailedPreconditionError(absl::StrCat(EtsName(form), " does not fit the values"));
  }
  return ModelOf(search, values, scale, season);
}

absl::StatusOr<std::unique_ptr<EtsModel>> FitAutoEts(const Series& series) {
  RETURN_IF_ERROR(CheckSeries(series));
  const Values values = series.values;
  if (values.size() < kShortestAuto) {
    return absl::FailedPreconditionError(absl::StrCat("auto_ets needs at least ", kShortestAuto, " values"));
  }
  if (IsConstant(values)) return ConstantModel(values);
  const double scale = MeanSize(values);
  const std::vector<double> scaled = Scaled(values, scale);
  const int season = series.season();
  const bool seasonal = season > 1 && values.size() > static_cast<size_t>(season);
  std::vector<std::unique_ptr<EtsSearch>> searches =
      ExploreForms(Candidates(AllAboveZero(values), seasonal), scaled, season);
  std::unique_ptr<EtsModel> best;
  double least = std::numeric_limits<double>::infinity();
  for (const std::unique_ptr<EtsSearch>& search : searches) {
    if (Aicc(*search, values.size(), season) > least + kMargin) break;
    search->Polish();
    const double aicc = Aicc(*search, values.size(), season);
    if (!(aicc < least)) continue;
    std::unique_ptr<EtsModel> model = ModelOf(*search, values, scale, season);
    if (EndsTooLow(*model, values, season)) continue;
    best = std::move(model);
    least = aicc;
  }
  if (best == nullptr) return absl::FailedPreconditionError("no form of exponential smoothing fits the values");
  return best;
}

}  // namespace kontor::forecasting
