#pragma once

#include "libs/base/random.h"

namespace kontor::nn {

enum class DemandLikelihood {
  kFromData,          // counts where every value is a whole number and none is below 0
  kNegativeBinomial,  // of counts; takes fractions between them too, as estimates of hidden demand are
  kStudentT,          // of real values, with tails as heavy as the data's
};

// Of one step. Negative binomial: variance = mean + spread × mean². Student-t: `mean` is the location, `spread` the
// scale, `freedom` above 2.
struct DemandDistribution {
  double mean = 0;
  double spread = 0;
  double freedom = 0;  // of Student-t alone
};

// What a network's outputs mean, of which the negative binomial has 2, Student-t 3: through softplus where a number
// has to be positive, in units of the series' scale where it is one of the data's.
inline constexpr int kNegativeBinomialOutputs = 2, kStudentTOutputs = 3;
inline constexpr double kLeastMean = 1e-4, kLeastSpread = 1e-4, kLeastFreedom = 2.1;
DemandDistribution ToDistribution(DemandLikelihood likelihood, const float* outputs, double scale);

// Logarithm of the probability, or the density, of a value. `likelihood` is one of the two kinds.
double LogDensity(DemandLikelihood likelihood, const DemandDistribution& distribution, double value);

// A negative binomial as a Poisson whose mean is drawn from a gamma distribution; means above 1e8 are not drawn again.
double Draw(DemandLikelihood likelihood, const DemandDistribution& distribution, base::Random& random);

}  // namespace kontor::nn
