#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// The Theta method (Assimakopoulos and Nikolopoulos 2000) as a state space model (Fiorucci, Pellegrini, Louzada,
// Petropoulos and Koehler 2016, "Models for optimising the theta method and their relationship to state space models"):
// simple smoothing of the line that is theta times as curved as the data, and a straight line.
namespace kontor::forecasting {

enum class ThetaForm {
  kStandard,          // theta 2, the line through all values
  kOptimised,         // theta estimated
  kDynamic,           // theta 2, the line through the values so far
  kDynamicOptimised,  // theta estimated, the line through the values so far
};

// A state: of `count` values seen.
struct ThetaState {
  double level = 0, mean = 0;
  double intercept = 0, slope = 0;  // of the line, at step 0 and a step
  double count = 0;
};

class ThetaModel final : public FittedModel {
 public:
  // `weight` is 1 - 1 / theta.
  ThetaModel(ThetaForm form, double alpha, double weight, double initial_level, Values values);

  // variance [1 + (h - 1) alpha^2] of one step's: exact for a line through all values.
  Prediction Predict(int horizon) const override;
  Values fitted() const override { return fitted_; }
  std::string Describe() const override;

  ThetaForm form() const { return form_; }
  double alpha() const { return alpha_; }
  double theta() const { return 1 / (1 - weight_); }
  double initial_level() const { return initial_level_; }
  double squares() const { return squares_; }  // sum of squared errors from the fourth on

 private:
  ThetaForm form_;
  double alpha_, weight_, initial_level_;
  ThetaState last_;
  std::vector<double> fitted_;
  double squares_ = 0, variance_ = 0;
};

// Without season. alpha within [0.1, 0.99], theta from 1 on; an estimated theta is drawn to 2, the more the shorter the
// series, as by 8 further values that 2 meets best. For a given alpha the errors are linear in initial level
// and 1 - 1 / theta, so that only alpha is searched for: about 30 passes over the values. Errors count from the third
// on, with a line through the values so far from the fourth: through two values a line is no estimate.
// FAILED_PRECONDITION: fewer than 4 values.
absl::StatusOr<std::unique_ptr<ThetaModel>> FitTheta(const Series& series, ThetaForm form);

// By name; season removed by shrunken classical decomposition, put back afterwards.
Method ThetaMethod();                  // "theta"
Method OptimisedThetaMethod();         // "optimised_theta"
Method DynamicThetaMethod();           // "dynamic_theta"
Method DynamicOptimisedThetaMethod();  // "dynamic_optimised_theta"
Method AutoThetaMethod();              // "auto_theta": that of the four with the smallest squares

}  // namespace kontor::forecasting
