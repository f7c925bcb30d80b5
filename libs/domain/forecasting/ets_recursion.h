#pragma once

#include <vector>

#include "libs/domain/forecasting/ets.h"

// The recursion of every form and its derivative. Inside this folder only.
namespace kontor::forecasting {

// What a run keeps for its derivative, one a step, before the step.
struct EtsTrace {
  std::vector<double> level, growth, season, base, forecast;  // base: the level with its trend

  void Resize(size_t n);
};

// Sums of a run: of squared errors, relative ones where errors are multiplicative, and of log forecasts, 0 where
// additive.
struct EtsSums {
  double squares = 0, logs = 0;
  bool valid = true;  // false: a forecast or state that has to be above 0 was not; the rest is meaningless then
};

// Takes `state` through the values. Seasons turn in place: the season of values[t] is state.seasons[t % m], afterwards
// too.
EtsSums RunEts(const EtsForm& form, const EtsParameters& parameters, Values values, EtsState& state, EtsTrace& trace);

// The derivatives of  n log(squares + floor) + 2 logs  (the latter where errors are multiplicative) by the smoothing
// parameters and, in `by_state`, by the initial states, by reverse accumulation over a valid run's trace. O(n).
void DifferentiateEts(const EtsForm& form, const EtsParameters& parameters, Values values, const EtsTrace& trace,
                      double squares_and_floor, EtsParameters& by_parameters, EtsState& by_state);

// A start for the search, as R's: seasons by classical decomposition (a wave where there are less than three of
// values), level and growth by a line through the first values without season.
EtsState StartEts(const EtsForm& form, Values values, int season);

// Whether old observations lose their weight (the discount matrix has no eigenvalue beyond the unit circle); for
// smoothing parameters within the usual ranges, where only forms with trend and season can fail. O(season^2).
bool IsAdmissible(const EtsForm& form, const EtsParameters& parameters, int season);

// Variances of the errors of the steps after `state`, whose means are `mean`.
std::vector<double> EtsVariances(const EtsForm& form, const EtsParameters& parameters, const EtsState& state,
                                 double variance, Values mean);

// Means of the steps after `state`.
std::vector<double> EtsMeans(const EtsForm& form, const EtsParameters& parameters, const EtsState& state, int horizon);

}  // namespace kontor::forecasting
