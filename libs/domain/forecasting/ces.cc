#include "libs/domain/forecasting/ces.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/forecasting/minimize.h"
#include "libs/domain/forecasting/seasonal_indices.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeastValues = 5, kStartValues = 10;
constexpr double kPotentialShare = 1 / 1.1;  // where the imaginary part starts, of the real one
constexpr std::array<double, 4> kLower = {0.01, 0.01, 0.01, 0.01}, kUpper = {1.8, 1.9, 1.5, 1.5};
constexpr double kPerfect = 1e-20;

size_t Weights(CesForm form) { return form == CesForm::kFull ? 4 : form == CesForm::kPartial ? 3 : 2; }

// The complex number (level, potential) after an error.
void Turn(double real, double imaginary, double error, double& level, double& potential) {
  const double before = level;
  level = before - (1 - imaginary) * potential + (real - imaginary) * error;
  potential = before + (1 - real) * potential + (real + imaginary) * error;
}

template <CesForm kForm>
double Forecast(const CesState& state, size_t slot) {
  if constexpr (kForm == CesForm::kNone) return state.level[0];
  if constexpr (kForm == CesForm::kSimple) return state.level[slot];
  return state.level[0] + state.season[slot];
}

template <CesForm kForm>
void Advance(const CesWeights& w, double error, size_t slot, CesState& state) {
  const size_t place = kForm == CesForm::kSimple ? slot : 0;
  Turn(w.alpha_real, w.alpha_imaginary, error, state.level[place], state.potential[place]);
  if constexpr (kForm == CesForm::kPartial) state.season[slot] += w.beta_real * error;
  if constexpr (kForm == CesForm::kFull) {
    Turn(w.beta_real, w.beta_imaginary, error, state.season[slot], state.season_potential[slot]);
  }
}

// Calls `visit` with the form as a constant.
template <typename Visit>
auto WithForm(CesForm form, Visit visit) {
  switch (form) {
    case CesForm::kSimple:
      return visit(std::integral_constant<CesForm, CesForm::kSimple>());
    case CesForm::kPartial:
      return visit(std::integral_constant<CesForm, CesForm::kPartial>());
    case CesForm::kFull:
      return visit(std::integral_constant<CesForm, CesForm::kFull>());
    case CesForm::kNone:
      break;
  }
  return visit(std::integral_constant<CesForm, CesForm::kNone>());
}

size_t Places(const CesState& state) { return std::max(state.level.size(), state.season.size()); }

// Forwards, backwards and forwards through the values; the sum of squared errors of the last pass.
template <CesForm kForm>
double Run(const CesWeights& w, Values values, CesState& state, double* fitted) {
  const size_t n = values.size(), m = Places(state);
  double squares = 0;
  for (int pass = 0; pass < 3; ++pass) {
    squares = 0;
    size_t slot = pass == 1 ? (n - 1) % m : 0;
    for (size_t i = 0; i < n; ++i) {
      const size_t t = pass == 1 ? n - 1 - i : i;
      const double forecast = Forecast<kForm>(state, slot), error = values[t] - forecast;
      if (fitted != nullptr) fitted[t] = forecast;
      squares += error * error;
      Advance<kForm>(w, error, slot, state);
      slot = pass == 1 ? (slot == 0 ? m - 1 : slot - 1) : (slot + 1 == m ? 0 : slot + 1);
    }
  }
  return squares;
}

double RunForm(CesForm form, const CesWeights& w, Values values, CesState& state, double* fitted) {
  return WithForm(form, [&](auto constant) { return Run<constant()>(w, values, state, fitted); });
}

double MeanOfFirst(Values values, size_t count) {
  count = std::min(count, values.size());
  return std::accumulate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count), 0.0) /
         static_cast<double>(count);
}

std::vector<double> Times(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

CesState Start(CesForm form, Values values, int season) {
  CesState state;
  const size_t m = static_cast<size_t>(season);
  if (form == CesForm::kSimple) {
    state.level.assign(values.begin(), values.begin() + season);
  } else {
    state.level = {MeanOfFirst(values, form == CesForm::kNone ? std::max(kStartValues, m) : m)};
  }
  state.potential = Times(state.level, kPotentialShare);
  if (form == CesForm::kPartial || form == CesForm::kFull) state.season = SeasonalIndices(values, season, false);
  if (form == CesForm::kFull) state.season_potential = Times(state.season, kPotentialShare);
  return state;
}

// Added to sums of squares, so that a perfect fit has a logarithm.
double LeastSquares(Values values) {
  const double size = std::inner_product(values.begin(), values.end(), values.begin(), 0.0);
  return std::max(kPerfect * size, std::numeric_limits<double>::min());
}

CesWeights Unpack(CesForm form, absl::Span<const double> x) {
  return {x[0], x[1], Weights(form) > 2 ? x[2] : 0, Weights(form) > 3 ? x[3] : 0};
}

}  // namespace

CesModel::CesModel(CesForm form, CesWeights weights, CesState start, Values values)
    : form_(form), weights_(weights), last_(std::move(start)), fitted_(values.size()) {
  const double squares = RunForm(form, weights, values, last_, fitted_.data());
  const double n = static_cast<double>(values.size()), k = static_cast<double>(Weights(form)) + 1;
  aicc_ = n - k - 1 > 0 ? n * std::log(squares + LeastSquares(values)) + 2 * k + 2 * k * (k + 1) / (n - k - 1)
                        : std::numeric_limits<double>::infinity();
  variance_ = squares / std::max(n - k - 1, 1.0);
  const std::ptrdiff_t turn = static_cast<std::ptrdiff_t>(values.size() % Places(last_));
  for (std::vector<double>* part : {&last_.level, &last_.potential, &last_.season, &last_.season_potential}) {
    if (part->size() == Places(last_)) std::rotate(part->begin(), part->begin() + turn, part->end());
  }
}

Prediction CesModel::Predict(int horizon) const {
  return WithForm(form_, [&](auto constant) {
    constexpr CesForm kForm = constant();
    Prediction prediction;
    CesState state = last_, moved = last_;  // the second: how far an error of 1 in the first step moves those after it
    for (std::vector<double>* part : {&moved.level, &moved.potential, &moved.season, &moved.season_potential}) {
      std::fill(part->begin(), part->end(), 0.0);
    }
    const size_t m = Places(state);
    double sum = 1;
    for (size_t h = 0; h < static_cast<size_t>(horizon); ++h) {
      prediction.mean.push_back(Forecast<kForm>(state, h % m));
      if (h > 0) sum += std::pow(Forecast<kForm>(moved, h % m), 2);
      prediction.variance.push_back(variance_ * sum);
      Advance<kForm>(weights_, 0, h % m, state);
      Advance<kForm>(weights_, h == 0 ? 1 : 0, h % m, moved);
    }
    return prediction;
  });
}

std::string CesModel::Describe() const {
  switch (form_) {
    case CesForm::kSimple:
      return "CES(simple)";
    case CesForm::kPartial:
      return "CES(partial)";
    case CesForm::kFull:
      return "CES(full)";
    case CesForm::kNone:
      break;
  }
  return "CES(none)";
}

absl::StatusOr<std::unique_ptr<CesModel>> FitCes(const Series& series, CesForm form) {
  RETURN_IF_ERROR(CheckSeries(series));
  const Values values = series.values;
  if (values.size() < kLeastValues) return absl::FailedPreconditionError("CES needs at least 5 values");
  const int season = series.season();
  if (form != CesForm::kNone && (season < 2 || values.size() < 2 * static_cast<size_t>(season))) {
    return absl::FailedPreconditionError("CES with season needs two seasons of values");
  }
  const CesState start = Start(form, values, season);
  CesState state = start;
  const size_t count = Weights(form);
  const bool full = form == CesForm::kFull;
  std::array<double, 4> x = {1.3, 1.0, full ? 1.3 : 0.1, 1.0};
  const double least = LeastSquares(values), size = least / kPerfect;
  const auto objective = [&](absl::Span<const double> at) {
    state = start;
    return std::log((RunForm(form, Unpack(form, at), values, state, nullptr) + least) / size);
  };
  MinimizeSimplex(objective, absl::MakeSpan(kLower).subspan(0, count), absl::MakeSpan(kUpper).subspan(0, count),
                  absl::MakeSpan(x).subspan(0, count), {.step = 0.05, .tolerance = 1e-4, .max_evaluations = 400});
  return std::make_unique<CesModel>(form, Unpack(form, x), start, values);
}

Method CesMethod() {
  return {"ces", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            ASSIGN_OR_RETURN(std::unique_ptr<CesModel> best, FitCes(series, CesForm::kNone));
            if (series.season() < 2 || series.values.size() < 2 * static_cast<size_t>(series.season())) return best;
            for (const CesForm form : {CesForm::kSimple, CesForm::kPartial, CesForm::kFull}) {
              ASSIGN_OR_RETURN(std::unique_ptr<CesModel> model, FitCes(series, form));
              if (model->aicc() < best->aicc()) best = std::move(model);
            }
            return best;
          }};
}

}  // namespace kontor::forecasting
