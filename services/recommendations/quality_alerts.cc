#include "services/recommendations/quality_alerts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "kontor/events/v1/record.pb.h"
#include "libs/base/status.h"
#include "libs/domain/stats/two_proportions.h"
#include "libs/platform/fleet/event_time.h"
#include "libs/platform/fleet/topics.h"
#include "libs/platform/log/outbox.h"
#include "services/recommendations/serving_models.h"

namespace kontor::recommendations {
namespace {

using kontor::events::v1::EventRecord;
using kontor::events::v1::QualityAlert;

constexpr double kLower = 0.8, kMostDrift = 0.25, kOff = 0.2;
constexpr double kOneSided = 3.0902, kTwoSided = 3.2905;  // of the normal distribution, alpha .001
constexpr absl::Duration kKept = absl::Hours(24 * 30);

double Share(int64_t hits, int64_t trials) {
  return trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials);
}

class Finder {
 public:
  explicit Finder(const QualityComparison& comparison) : compared_(comparison) {}

  std::vector<QualityAlert> Find() {
    const OutcomeCounts &now = compared_.now, &before = compared_.before;
    if (now.places < kLeastPlaces) return alerts_;
    CheckCalibration();
    if (before.places < kLeastPlaces) return alerts_;
    CheckRate(QualityAlert::KIND_CLICKS, {now.clicks, now.places}, {before.clicks, before.places},
              "of the places are clicked");
    CheckRate(QualityAlert::KIND_CONVERSION, {now.answers_bought, now.answers}, {before.answers_bought, before.answers},
              "of the answers lead to a purchase");
    CheckMix();
    CheckCoverage();
    return alerts_;
  }

 private:
  struct Count {
    int64_t hits, trials;
    double share() const { return Share(hits, trials); }
  };

  void CheckRate(QualityAlert::Kind kind, Count now, Count before, const char* what) {
    if (now.share() >= kLower * before.share()) return;
    if (stats::TwoProportionZ(now.hits, now.trials, before.hits, before.trials) > -kOneSided) return;
    Add(kind, now.share(), before.share(),
        absl::StrFormat("%.2f%% %s, %.2f%% in the week before", 100 * now.share(), what, 100 * before.share()));
  }

  void CheckMix() {
    const double leads = MixDrift(compared_.before.leads, compared_.now.leads).value_or(0);
    const double tiers = MixDrift(compared_.before.tiers, compared_.now.tiers).value_or(0);
    if (std::max(leads, tiers) <= kMostDrift) return;
    Add(QualityAlert::KIND_MIX, std::max(leads, tiers), kMostDrift,
        absl::StrFormat("%s are mixed otherwise than in the week before: a stability index of %.2f",
                        leads >= tiers ? "reasons" : "tiers", std::max(leads, tiers)));
  }

  void CheckCoverage() {
    const double places_a_day = static_cast<double>(compared_.before.places) / compared_.days_before;
    if (static_cast<double>(compared_.now.places) < places_a_day / 2) return;
    if (compared_.products_now >= compared_.products_before / 2) return;
    Add(QualityAlert::KIND_COVERAGE, compared_.products_now, compared_.products_before,
        absl::StrFormat("%.0f different products are shown a day, %.0f in the week before", compared_.products_now,
                        compared_.products_before));
  }

  void CheckCalibration() {
    const stats::Calibration& calibration = compared_.now.calibration;
    const auto answers = static_cast<double>(calibration.trials());
    const double expected = calibration.expected(), observed = calibration.observed();
    if (expected <= 0 || expected >= 1 || std::abs(observed - expected) <= kOff * expected) return;
    if (std::abs(observed - expected) < kTwoSided * std::sqrt(expected * (1 - expected) / answers)) return;
    Add(QualityAlert::KIND_CALIBRATION, observed, expected,
        absl::StrFormat("%.2f%% of the answers are clicked, %.2f%% were expected to be", 100 * observed,
                        100 * expected));
  }

  void Add(QualityAlert::Kind kind, double observed, double reference, const std::string& what) {
    QualityAlert& alert = alerts_.emplace_back();
    const auto placement = static_cast<v1::Placement>(compared_.placement);
    const std::string name = v1::Placement_Name(placement);
    alert.set_alert_id(absl::StrCat("quality/", AlertKindName(kind), "/", name, "/", compared_.model, "/",
                                    absl::FormatTime("%Y-%m-%d", compared_.since, absl::UTCTimeZone())));
    alert.set_shop(compared_.shop);
    alert.set_kind(kind);
    alert.set_placement(name);
    alert.set_model(ModelName(compared_.shop, compared_.model));
    alert.set_observed(observed);
    alert.set_reference(reference);
    fleet::SetTime(compared_.since, *alert.mutable_since());
    alert.set_sentence(absl::StrCat(name, ", model ", compared_.model, ": ", what));
  }

  const QualityComparison& compared_;
  std::vector<QualityAlert> alerts_;
};

log::OutboxRow RecordOf(const QualityAlert& alert, absl::Time now) {
  EventRecord record;
  record.set_shop(alert.shop());
  record.set_event_id(absl::StrCat(alert.shop(), "/", alert.alert_id()));
  record.set_source("kontor.recommendations");
  record.set_type(QualityAlert::descriptor()->full_name());
  fleet::SetTime(now, *record.mutable_occurred_at());
  fleet::SetTime(now, *record.mutable_received_at());
  record.set_payload(alert.SerializeAsString());
  return {record.event_id(), fleet::kDecisions, absl::StrCat(alert.shop(), "/", alert.placement()),
          record.SerializeAsString()};
}

}  // namespace

std::vector<QualityAlert> FindAlerts(const QualityComparison& comparison) { return Finder(comparison).Find(); }

std::string AlertKindName(QualityAlert::Kind kind) {
  constexpr size_t kPrefix = sizeof("KIND_") - 1;
  return absl::AsciiStrToLower(QualityAlert::Kind_Name(kind).substr(kPrefix));
}

absl::StatusOr<bool> RaiseAlert(postgres::Pool& pool, const QualityAlert& alert, absl::Time now) {
  bool raised = false;
  RETURN_IF_ERROR(pool.Run([&](postgres::Transaction& transaction) -> absl::Status {
    postgres::Params old;
    old.Time(now - kKept);
    RETURN_IF_ERROR(transaction.Exec("DELETE FROM recommendations.quality_alerts WHERE raised_at < $1", old).status());
    postgres::Params params;
    params.Text(alert.shop()).Text(alert.alert_id()).Time(now).Bytes(alert.SerializeAsString());
    ASSIGN_OR_RETURN(const postgres::Result written,
                     transaction.Exec("INSERT INTO recommendations.quality_alerts VALUES ($1, $2, $3, $4) "
                                      "ON CONFLICT DO NOTHING",
                                      params));
    raised = written.affected_rows() == 1;
    return raised ? log::InsertOutbox(transaction, "recommendations", {RecordOf(alert, now)}) : absl::OkStatus();
  }));
  return raised;
}

absl::StatusOr<std::vector<QualityAlert>> RaisedAlerts(postgres::Pool& pool, const std::string& shop,
                                                       absl::Time since) {
  postgres::Params params;
  params.Text(shop).Time(since);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT alert FROM recommendations.quality_alerts WHERE shop = $1 AND raised_at >= $2 "
                             "ORDER BY raised_at DESC, alert_id",
                             params));
  std::vector<QualityAlert> alerts;
  for (int r = 0; r < rows.rows(); ++r) {
    if (!alerts.emplace_back().ParseFromString(rows.Bytes(r, 0))) alerts.pop_back();
  }
  return alerts;
}

}  // namespace kontor::recommendations
