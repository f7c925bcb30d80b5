#pragma once

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// Demand summed over some steps, such as a lead time; as counts, a negative binomial has this mean and variance.
struct DemandSum {
  double mean = 0;
  double variance = 0;  // at least the mean: that of a Poisson distribution
};

// The sum of the next `steps` of a series with a forecast of `rate` a step, from its own history: with s² the mean
// squared distance of the values from the level smoothed at .1 before them, variance = s² (L + L² .1 / 1.9), which
// counts that the level is an estimate (Syntetos and Boylan 2008). History not empty.
DemandSum SumOverSteps(Values history, double rate, int steps);

}  // namespace kontor::forecasting
