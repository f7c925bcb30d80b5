#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/ets_recursion.h"
#include "libs/domain/forecasting/minimize.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

constexpr double kLeast = 1e-4, kMost = 0.9999, kLeastDamping = 0.8, kMostDamping = 0.98;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFloor = 1e-20;  // of the mean squared error of values of size 1
constexpr double kQuickLevel = 0.3, kSlowLevel = 0.02, kSlowSeason = 0.05, kQuickSeason = 0.3;  // where searches start
constexpr size_t kShortestAuto = 4;
constexpr double kMostAutomaticBeta = 0.1;
constexpr int kTrendSteps = 10, kTrendSeasons = 3;  // how far ahead a trend has to be plausible
constexpr double kPlausibleShare = 0.5;

bool HasProduct(const EtsForm& form) {
  return form.error == kMultiplicative || form.trend == kMultiplicative || form.season == kMultiplicative;
}

// Smoothing parameters, initial states without the last season, variance.
int FreeParameters(const EtsForm& form, int season) {
  return 3 + (form.trend != kNone ? 2 : 0) + (form.damped ? 1 : 0) + (form.season != kNone ? season : 0);
}

// One form's search. Its variables: alpha, beta / min(alpha, most beta), gamma / (1 - alpha), phi as far as the form
// has them, then level, growth and all seasons but the last, all of values whose mean size is 1.
class EtsSearch {
 public:
  EtsSearch(const EtsForm& form, Values values, int season, double most_beta)
      : form_(form), values_(values), season_(season), most_beta_(most_beta) {
    trace_.Resize(values.size());
    trend_ = form.trend != kNone;
    seasons_ = form.season != kNone ? static_cast<size_t>(season) : 0;
    Add(kQuickLevel, kLeast, kMost);
    if (trend_) Add(0.1, kLeast, kMost);
    if (seasons_ > 0) Add(kSlowSeason, kLeast, kMost);
    if (form.damped) Add(0.95, kLeastDamping, kMostDamping);
    states_ = x_.size();
    AddStates(StartEts(form, values, season));
  }

  // The better of two searches: from levels that follow the values and seasons that hardly move, and the other way
  // round.
  double Run() {
    std::vector<double> other = x_;
    const double first = Search(x_);
    other[0] = kSlowLevel;
    if (seasons_ > 0) other[trend_ ? 2 : 1] = kQuickSeason;
    const double second = Search(other);
    if (second < first) x_ = other;
    return std::min(first, second);
  }

  EtsParameters parameters() const { return Unpack(x_); }
  EtsState state(double scale) const {
    EtsState state;
    UnpackState(x_, state);
    state.level *= scale;
    if (form_.trend == kAdditive) state.growth *= scale;
    if (form_.season == kAdditive) {
      for (double& season : state.seasons) season *= scale;
    }
    return state;
  }

 private:
  double Search(std::vector<double>& x) {
    const auto objective = [this](absl::Span<const double> at, absl::Span<double> gradient) {
      return Evaluate(at, gradient);
    };
    SmoothOptions options;
    options.tolerance = 1e-7;
    options.first_step = 0.05;
    options.max_iterations = 100;
    return MinimizeSmooth(objective, lower_, upper_, absl::MakeSpan(x), options).value;
  }

  void Add(double x, double lower, double upper) {
    x_.push_back(x);
    lower_.push_back(lower);
    upper_.push_back(upper);
  }

  void AddStates(const EtsState& start) {
    Add(start.level, -kInfinity, kInfinity);
    if (trend_) Add(start.growth, form_.trend == kMultiplicative ? 1e-3 : -kInfinity, kInfinity);
    const double least = form_.season == kMultiplicative ? 1e-3 : -kInfinity;
    for (size_t i = 0; i + 1 < seasons_; ++i) Add(start.seasons[i], least, kInfinity);
  }

  EtsParameters Unpack(absl::Span<const double> x) const {
    EtsParameters p;
    size_t i = 0;
    p.alpha = x[i++];
    if (trend_) p.beta = std::min(p.alpha, most_beta_) * x[i++];
    if (seasons_ > 0) p.gamma = (1 - p.alpha) * x[i++];
    if (form_.damped) p.phi = x[i];
    return p;
  }

  void UnpackState(absl::Span<const double> x, EtsState& state) const {
    size_t i = states_;
    state.level = x[i++];
    if (trend_) state.growth = x[i++];
    state.seasons.resize(seasons_);
    double rest = form_.season == kMultiplicative ? static_cast<double>(season_) : 0;
    for (size_t k = 0; k + 1 < seasons_; ++k) {
      state.seasons[k] = x[i++];
      rest -= state.seasons[k];
    }
    if (seasons_ > 0) state.seasons.back() = rest;
  }

  double Evaluate(absl::Span<const double> x, absl::Span<double> gradient) {
    const EtsParameters p = Unpack(x);
    UnpackState(x, state_);
    if (!IsAdmissible(form_, p, season_)) return kInfinity;
    const EtsSums sums = RunEts(form_, p, values_, state_, trace_);
    if (!sums.valid) return kInfinity;
    const double n = static_cast<double>(values_.size()), squares = sums.squares + n * kFloor;
    EtsParameters by;
    DifferentiateEts(form_, p, values_, trace_, squares, by, state_);
    Pack(x, by, gradient);
    return n * std::log(squares) + 2 * sums.logs;
  }

  // The chain rule from the model's parameters back to the search's.
  void Pack(absl::Span<const double> x, const EtsParameters& by, absl::Span<double> gradient) const {
    size_t i = 0;
    gradient[i++] = by.alpha;
    if (trend_) {
      if (x[0] < most_beta_) gradient[0] += by.beta * x[i];
      gradient[i++] = by.beta * std::min(x[0], most_beta_);
    }
    if (seasons_ > 0) {
      gradient[0] -= by.gamma * x[i];
      gradient[i++] = by.gamma * (1 - x[0]);
    }
    if (form_.damped) gradient[i++] = by.phi;
    gradient[i++] = state_.level;
    if (trend_) gradient[i++] = state_.growth;
    for (size_t k = 0; k + 1 < seasons_; ++k) gradient[i++] = state_.seasons[k] - state_.seasons.back();
  }

  EtsForm form_;
  Values values_;
  int season_;
  double most_beta_;
  bool trend_;
  size_t seasons_, states_;
  std::vector<double> x_, lower_, upper_;
  EtsTrace trace_;
  EtsState state_;
};

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

// Null where the search has no start within the form's range.
std::unique_ptr<EtsModel> Fit(const EtsForm& form, Values values, Values scaled, double scale, int season,
                              double most_beta) {
  EtsSearch search(form, scaled, season, most_beta);
  if (!std::isfinite(search.Run())) return nullptr;
  return std::make_unique<EtsModel>(form, search.parameters(), search.state(scale), FreeParameters(form, season),
                                    values);
}

std::vector<double> Scaled(Values values, double scale) {
  std::vector<double> scaled(values.begin(), values.end());
  for (double& value : scaled) value /= scale;
  return scaled;
}

std::vector<EtsForm> Candidates(bool positive, bool season, bool multiplicative_trend) {
  std::vector<EtsForm> forms;
  for (const EtsComponent error : {kAdditive, kMultiplicative}) {
    for (const EtsComponent trend : {kNone, kAdditive, kMultiplicative}) {
      for (const EtsComponent seasonal : {kNone, kAdditive, kMultiplicative}) {
        for (const bool damped : {false, true}) {
          const EtsForm form{error, trend, seasonal, damped};
          if ((damped && trend == kNone) || (seasonal != kNone && !season) || (HasProduct(form) && !positive)) continue;
          if (trend == kMultiplicative && (!multiplicative_trend || seasonal == kAdditive)) continue;
          if (error == kAdditive && HasProduct(form)) continue;
          forms.push_back(form);
        }
      }
    }
  }
  return forms;
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
  std::unique_ptr<EtsModel> model = Fit(form, values, Scaled(values, scale), scale, season, kMost);
  if (model == nullptr) return absl::FailedPreconditionError(absl::StrCat(EtsName(form), " does not fit the values"));
  return model;
}

absl::StatusOr<std::unique_ptr<EtsModel>> FitAutoEts(const Series& series, const AutoEtsOptions& options) {
  RETURN_IF_ERROR(CheckSeries(series));
  const Values values = series.values;
  if (values.size() < kShortestAuto) {
    return absl::FailedPreconditionError(absl::StrCat("auto_ets needs at least ", kShortestAuto, " values"));
  }
  if (IsConstant(values)) return ConstantModel(values);
  const double scale = MeanSize(values);
  const std::vector<double> scaled = Scaled(values, scale);
  const int season = series.season();
  const bool seasonal = options.season && season > 1 && values.size() > static_cast<size_t>(season);
  std::unique_ptr<EtsModel> best;
  for (const EtsForm& form : Candidates(AllAboveZero(values), seasonal, options.multiplicative_trend)) {
    if (FreeParameters(form, season) >= static_cast<int>(values.size()) - 1) continue;
    std::unique_ptr<EtsModel> model = Fit(form, values, scaled, scale, season, kMostAutomaticBeta);
    if (model == nullptr || EndsTooLow(*model, values, season)) continue;
    if (best == nullptr || model->aicc() < best->aicc()) best = std::move(model);
  }
  if (best == nullptr) return absl::FailedPreconditionError("no form of exponential smoothing fits the values");
  return best;
}

}  // namespace kontor::forecasting
