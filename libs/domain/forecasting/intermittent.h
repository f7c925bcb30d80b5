#pragma once

#include "libs/domain/forecasting/forecast.h"

// Demand with many steps without any: the forecast is one rate for all steps. Values are at least 0
// (FAILED_PRECONDITION otherwise); without any demand the rate is 0. None has a variance formula: intermittent_sum.h
// tells how sure a sum is.
namespace kontor::forecasting {

enum class DemandKind { kNone, kSmooth, kErratic, kIntermittent, kLumpy };

struct DemandProfile {
  DemandKind kind = DemandKind::kNone;
  double interval = 0;   // mean steps from one demand to the next, the first counted from the start; 0 without demand
  double variation = 0;  // squared coefficient of variation of the demands that are not zero
};

// Syntetos, Boylan and Croston 2005: intermittent or lumpy from an interval of 1.32 on, erratic or lumpy from a
// variation of .49 on.
DemandProfile ProfileOf(Values demand);

// Size and interval of demands smoothed at .1, their ratio (Croston 1972).
Method CrostonMethod();
// The same with both constants chosen from .1 to .3 by squared error.
Method CrostonOptimisedMethod();
// Croston × .95, which takes out its bias (Syntetos and Boylan 2005).
Method SbaMethod();
// Size of demands and chance of one, smoothed at .1; the chance at every step, so that a product that stops selling is
// forgotten (Teunter, Syntetos and Babai 2011).
Method TsbMethod();
// Simple smoothing of the demand itself, constant chosen from .01 to .99 by squared error.
Method SmoothedDemandMethod();
// Simple smoothing of sums over the mean interval (Nikolopoulos et al. 2011); IMAPA: mean over all lengths up to it
// (Petropoulos and Kourentzes 2015). Constants as in CrostonOptimised. `fitted`
// is of the demand itself, smoothed so.
Method AdidaMethod();
Method ImapaMethod();
// SmoothedDemand for smooth and erratic demand, IMAPA for intermittent and lumpy, whose rate, unlike Croston's and
// SBA's, falls while nothing is sold.
Method IntermittentMethod();

}  // namespace kontor::forecasting
