#include "libs/domain/forecasting/theta.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_format.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/minimize.h"
#include "libs/domain/forecasting/seasonal_indices.h"

namespace kontor::forecasting {
namespace {

constexpr size_t kLeastValues = 4, kBurnIn = 3;
constexpr double kLeastAlpha = 0.1, kMostAlpha = 0.99;
constexpr double kStandardWeight = 0.5, kMostWeight = 1 - 1e-10;  // 1 - 1 / theta
constexpr double kStandardValues = 8;                             // chosen on the last values of M3's training series
constexpr double kLevelShare = 0.5;  // the initial level is drawn to this share of the first value

bool IsDynamic(ThetaForm form) { return form == ThetaForm::kDynamic || form == ThetaForm::kDynamicOptimised; }
bool IsOptimised(ThetaForm form) { return form == ThetaForm::kOptimised || form == ThetaForm::kDynamicOptimised; }

// The first value whose error the search counts: a line through the two values so far meets both, and is no estimate.
size_t FirstCounted(ThetaForm form) { return IsDynamic(form) ? 3 : 2; }

// The line through all values, by least squares, at step 0 and a step.
std::pair<double, double> Line(Values values) {
  const double n = static_cast<double>(values.size());
  double mean = 0, weighted = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    mean += values[t] / n;
    weighted += values[t] * static_cast<double>(t + 1) / n;
  }
  const double slope = 6 * (2 * weighted - (n + 1) * mean) / (n * n - 1);
  return {mean - (n + 1) * slope / 2, slope};
}

ThetaState Start(ThetaForm form, double initial_level, Values values) {
  ThetaState state;
  state.level = initial_level;
  if (IsDynamic(form)) {
    state.intercept = values[0];
  } else {
    std::tie(state.intercept, state.slope) = Line(values);
  }
  return state;
}

// What the line adds, beyond the level, to the next value; `decay` is (1 - alpha) to the power of the values seen.
double LinePart(const ThetaState& state, double alpha, double decay) {
  return state.intercept * decay + state.slope * (1 - decay * (1 - alpha)) / alpha;
}

void Advance(ThetaForm form, double alpha, double value, ThetaState& state) {
  const double i = state.count;
  state.level = alpha * value + (1 - alpha) * state.level;
  if (IsDynamic(form) && i > 0) {
    state.slope = ((i - 1) * state.slope + 6 * (value - state.mean) / (i + 1)) / (i + 2);
  }
  state.mean = (i * state.mean + value) / (i + 1);
  if (IsDynamic(form)) state.intercept = state.mean - state.slope * (i + 2) / 2;
  ++state.count;
}

// Sums over the errors  e = rest - level p - weight c  from the third on.
struct Products {
  double rr = 0, rp = 0, rc = 0, pp = 0, pc = 0, cc = 0;

  double Squares(double level, double weight) const {
    return rr - 2 * (level * rp + weight * rc) + level * level * pp + 2 * level * weight * pc + weight * weight * cc;
  }
};

// The line's intercepts and slopes do not depend on alpha and are computed once.
class ThetaSearch {
 public:
  ThetaSearch(ThetaForm form, Values values) : form_(form), values_(values) {
    ThetaState state = Start(form, 0, values);
    for (const double value : values) {
      intercepts_.push_back(state.intercept);
      slopes_.push_back(state.slope);
      Advance(form, kMostAlpha, value, state);
    }
  }

  std::unique_ptr<ThetaModel> Run() {
    double alpha = 0;
    MinimizeScalar([this](double at) { return Best(Sum(at)).squares; }, kLeastAlpha, kMostAlpha, alpha,
                   {.grid = 10, .tolerance = 1e-4, .max_evaluations = 40});
    const Solution best = Best(Sum(alpha));
    return std::make_unique<ThetaModel>(form_, alpha, best.weight, best.level, values_);
  }

 private:
  struct Solution {
    double level = 0, weight = kStandardWeight, squares = 0;
  };

  Products Sum(double alpha) const {
    const double drawn_to = kLevelShare * values_[0];
    Products sums{.rr = drawn_to * drawn_to, .rp = drawn_to, .pp = 1};
    double level = 0, decay = 1;
    const double keep = 1 - alpha, inverse = 1 / alpha;
    const size_t first = FirstCounted(form_);
    for (size_t t = 0; t < values_.size(); ++t) {
      const double next = decay * keep;
      if (t >= first) {
        const double r = values_[t] - level, c = intercepts_[t] * decay + slopes_[t] * (1 - next) * inverse;
        sums.rr += r * r, sums.rp += r * decay, sums.rc += r * c;
        sums.pp += decay * decay, sums.pc += decay * c, sums.cc += c * c;
      }
      level = alpha * values_[t] + keep * level;
      decay = next;
    }
    if (IsOptimised(form_)) DrawToStandard(sums);
    return sums;
  }

  // As if kStandardValues further values had been met best by theta 2.
  void DrawToStandard(Products& sums) const {
    const double unit = kStandardValues * sums.cc / static_cast<double>(values_.size() - FirstCounted(form_));
    sums.rr += unit * kStandardWeight * kStandardWeight;
    sums.rc += unit * kStandardWeight;
    sums.cc += unit;
  }

  Solution Best(const Products& s) const {
    double weight = kStandardWeight;
    const double determinant = s.pp * s.cc - s.pc * s.pc;
    if (IsOptimised(form_) && determinant > 0) {
      weight = std::clamp((s.rc * s.pp - s.rp * s.pc) / determinant, 0.0, kMostWeight);
    }
    const double level = (s.rp - weight * s.pc) / s.pp;
    return {level, weight, s.Squares(level, weight)};
  }

  ThetaForm form_;
  Values values_;
  std::vector<double> intercepts_, slopes_;
};

Method MethodOf(std::string name, ThetaForm form) {
  const auto fit = [form](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    return FitTheta(series, form);
  };
  return OnDeseasonalised({std::move(name), fit}, SeasonRule::kShrunken);
}

}  // namespace

ThetaModel::ThetaModel(ThetaForm form, double alpha, double weight, double initial_level, Values values)
    : form_(form), alpha_(alpha), weight_(weight), initial_level_(initial_level) {
  last_ = Start(form, initial_level, values);
  double decay = 1;
  for (size_t t = 0; t < values.size(); ++t, decay *= 1 - alpha) {
    // The dynamic line has seen nothing before the first value.
    fitted_.push_back(t == 0 && IsDynamic(form) ? values[0] : last_.level + weight * LinePart(last_, alpha, decay));
    const double error = values[t] - fitted_.back();
    if (t >= kBurnIn) squares_ += error * error;
    Advance(form, alpha, values[t], last_);
  }
  variance_ = squares_ / std::max(static_cast<double>(values.size()) - kBurnIn - 1, 1.0);
}

Prediction ThetaModel::Predict(int horizon) const {
  Prediction prediction;
  ThetaState state = last_;
  double decay = std::pow(1 - alpha_, state.count);
  for (int h = 0; h < horizon; ++h, decay *= 1 - alpha_) {
    const double mean = state.level + weight_ * LinePart(state, alpha_, decay);
    prediction.mean.push_back(mean);
    prediction.variance.push_back(variance_ * (1 + h * alpha_ * alpha_));
    Advance(form_, alpha_, mean, state);
  }
  return prediction;
}

std::string ThetaModel::Describe() const {
  return absl::StrFormat("%s(alpha %.3g, theta %.3g)", IsDynamic(form_) ? "dynamic Theta" : "Theta", alpha_, theta());
}

absl::StatusOr<std::unique_ptr<ThetaModel>> FitTheta(const Series& series, ThetaForm form) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (series.values.size() < kLeastValues) return absl::FailedPreconditionError("Theta needs at least 4 values");
  return ThetaSearch(form, series.values).Run();
}

Method ThetaMethod() { return MethodOf("theta", ThetaForm::kStandard); }
Method OptimisedThetaMethod() { return MethodOf("optimised_theta", ThetaForm::kOptimised); }
Method DynamicThetaMethod() { return MethodOf("dynamic_theta", ThetaForm::kDynamic); }
Method DynamicOptimisedThetaMethod() { return MethodOf("dynamic_optimised_theta", ThetaForm::kDynamicOptimised); }

Method AutoThetaMethod() {
  const auto fit = [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    std::unique_ptr<ThetaModel> best;
    for (const ThetaForm form :
         {ThetaForm::kStandard, ThetaForm::kOptimised, ThetaForm::kDynamic, ThetaForm::kDynamicOptimised}) {
      ASSIGN_OR_RETURN(std::unique_ptr<ThetaModel> model, FitTheta(series, form));
      if (best == nullptr || model->squares() < best->squares()) best = std::move(model);
    }
    return best;
  };
  return OnDeseasonalised({"auto_theta", fit}, SeasonRule::kShrunken);
}

}  // namespace kontor::forecasting
