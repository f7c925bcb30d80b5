#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// Exponential smoothing as innovations state space models (Hyndman, Koehler, Ord and Snyder 2008, "Forecasting with
// Exponential Smoothing", tables 2.2 and 2.3): every combination of error, trend and season.
namespace kontor::forecasting {

enum class EtsComponent : uint8_t { kNone, kAdditive, kMultiplicative };

struct EtsForm {
  EtsComponent error = EtsComponent::kAdditive;  // not kNone
  EtsComponent trend = EtsComponent::kNone;
  EtsComponent season = EtsComponent::kNone;
  bool damped = false;  // with a trend only
};

// "ETS(M,Ad,M)"
std::string EtsName(const EtsForm& form);

// Smoothing parameters within [1e-4, 0.9999], beta < alpha, gamma < 1 - alpha, phi within [0.8, 0.98] (1: not damped),
// and such that the weights of old observations die away (Hyndman, Akram and Archibald 2008): R's "usual" and
// "admissible".
struct EtsParameters {
  double alpha = 0, beta = 0, gamma = 0, phi = 1;
};

struct EtsState {
  double level = 0;
  double growth = 0;            // a step: added, or the factor of a multiplicative trend
  std::vector<double> seasons;  // that of the next observation first; add up to 0, or to their number
};

class EtsModel final : public FittedModel {
 public:
  // `initial`: before the first value. `free_parameters`: of the fit, the variance among them.
  EtsModel(EtsForm form, EtsParameters parameters, EtsState initial, int free_parameters, Values values);

  // Variances: exact for additive components (classes 1 and 2 of chapter 6), for a multiplicative season with
  // multiplicative errors exact within one season and within a few percent beyond it; else by 2,000 simulated paths of
  // a fixed seed. O(horizon^2).
  Prediction Predict(int horizon) const override;
  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return EtsName(form_); }

  // The same parameters, with the states taken through further values; O(their number).
  // INVALID_ARGUMENT: a value that is not finite, or that is not above 0 where the form has a multiplicative component.
  absl::StatusOr<std::unique_ptr<EtsModel>> Update(Values more) const;

  const EtsForm& form() const { return form_; }
  const EtsParameters& parameters() const { return parameters_; }
  const EtsState& initial() const { return initial_; }
  const EtsState& last() const { return last_; }
  double log_likelihood() const { return log_likelihood_; }  // without its constant, as R gives it
  double aicc() const { return aicc_; }
  double variance() const { return variance_; }  // of the one-step error; of the relative one for multiplicative errors

 private:
  EtsForm form_;
  EtsParameters parameters_;
  EtsState initial_, last_;
  std::vector<double> fitted_;
  double log_likelihood_ = 0, aicc_ = 0, variance_ = 0;
};

// Maximum likelihood over parameters and initial states, by the gradient: an evaluation costs O(n + season^2), a step
// of the search O(season^2) more, so that seasons of 24 or 52 cost little more than none and seasons of hundreds do.
// FAILED_PRECONDITION: fewer values than parameters and 2; less than one season and one value; a multiplicative
// component and a value that is not above 0.
absl::StatusOr<std::unique_ptr<EtsModel>> FitEts(const Series& series, const EtsForm& form);

// The form of the least AICc among those that R's ets() tries: no multiplicative trend, no additive errors with a
// multiplicative season, nothing multiplicative unless every value is above 0, no season unless there is more than one
// of values. Constant values: simple smoothing. Forms are explored first; only those within 20 of the best AICc are
// fitted to the end. Two limits beyond R's, chosen on the training parts of M3 with their last values held out:
// - beta stays below 0.1, since trends that turn within a few values forecast badly (sMAPE on quarterly series 8.95
// against
//   9.42 without the limit);
// - an additive trend that would take values above 0 below half of the smallest of them within three seasons, and at
// least
//   ten steps, is no candidate (14.6 against 15.5 on monthly series).
// FAILED_PRECONDITION: fewer than 5 values.
absl::StatusOr<std::unique_ptr<EtsModel>> FitAutoEts(const Series& series);

Method AutoEtsMethod();          // "auto_ets"
Method DampedEtsMethod();        // "damped_ets": additive damped trend, season by shrunken classical decomposition
Method SimpleSmoothingMethod();  // "simple_smoothing": ETS(A,N,N), season alike

}  // namespace kontor::forecasting
