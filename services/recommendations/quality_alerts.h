#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/events/v1/alerts.pb.h"
#include "libs/platform/postgres/pool.h"
#include "services/recommendations/quality_store.h"

// What is an alert, and the table that has each once.
namespace kontor::recommendations {

// What is compared: a placement's answers by one model, and all of the placement's before.
struct QualityComparison {
  std::string shop;
  int placement = 0;
  int64_t model = 0;
  absl::Time since;  // the begin of the newer time
  OutcomeCounts now, before;
  double products_now = 0, products_before = 0;  // different ones a day
  double days_before = 7;
};

// An alert for each of these that holds, where both sides have at least kLeastPlaces places:
//   clicks       clicks a place: lower by more than a fifth, and one-sided significant at .001 (TwoProportionZ)
//   conversion   answers with a purchase: likewise
//   mix          population stability index of the leading reasons or of the tiers above .25
//   coverage     less than half as many different products a day, with at least half as many places a day
//   calibration  clicks of answers differ from what was expected of them by more than a fifth, two-sided significant at
//                .001 by the variance of independent answers; needs no time before
std::vector<kontor::events::v1::QualityAlert> FindAlerts(const QualityComparison& comparison);
inline constexpr int64_t kLeastPlaces = 1'000;

// "clicks", "conversion", "mix", "coverage", "calibration".
std::string AlertKindName(kontor::events::v1::QualityAlert::Kind kind);

// Keeps the alert and publishes it on topic decisions through the outbox, in one transaction; false when an alert with
// this id was raised before. Alerts of more than 30 days go.
absl::StatusOr<bool> RaiseAlert(postgres::Pool& pool, const kontor::events::v1::QualityAlert& alert, absl::Time now);

// Raised since then, the newest first.
absl::StatusOr<std::vector<kontor::events::v1::QualityAlert>> RaisedAlerts(postgres::Pool& pool,
                                                                           const std::string& shop, absl::Time since);

}  // namespace kontor::recommendations
