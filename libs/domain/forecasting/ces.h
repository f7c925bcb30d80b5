#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// Complex exponential smoothing (Svetunkov, Kourentzes and Ord 2022, "Complex exponential smoothing"): the level is the
// real part of a complex number that is smoothed with a complex weight, which follows level and trend without telling
// them apart.
namespace kontor::forecasting {

enum class CesForm {
  kNone,     // no season
  kSimple,   // one complex level for each place in the season
  kPartial,  // an additive real season
  kFull,     // an additive complex season
};

// alpha within [0.01, 1.8] and [0.01, 1.9], beta within [0.01, 1.5].
struct CesWeights {
  double alpha_real = 1.3, alpha_imaginary = 1, beta_real = 0, beta_imaginary = 0;
};

// The complex levels and seasons, by place of the next value on.
struct CesState {
  std::vector<double> level, potential;  // one, or one a place for kSimple
  std::vector<double> season, season_potential;
};

class CesModel final : public FittedModel {
 public:
  CesModel(CesForm form, CesWeights weights, CesState start, Values values);

  // Variances of the linear state space model: exact for its weights. O(horizon).
  Prediction Predict(int horizon) const override;
  Values fitted() const override { return fitted_; }
  std::string Describe() const override;

  CesForm form() const { return form_; }
  const CesWeights& weights() const { return weights_; }
  double aicc() const { return aicc_; }  // initial states, found by back-casting, are not counted

 private:
  CesForm form_;
  CesWeights weights_;
  CesState last_;
  std::vector<double> fitted_;
  double aicc_ = 0, variance_ = 0;
};

// Least squares over the weights; states start from the first values and are run through them forwards, backwards and
// forwards again. About 100 times three passes over the values.
// FAILED_PRECONDITION: fewer than 5 values; a form with season and less than two seasons of values.
absl::StatusOr<std::unique_ptr<CesModel>> FitCes(const Series& series, CesForm form);

// "ces": the form of the least AICc; without season where there are less than two of values.
Method CesMethod();

}  // namespace kontor::forecasting
