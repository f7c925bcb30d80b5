#include "services/ingest/postgres_quality_store.h"

#include <algorithm>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::ingest {

absl::Status PostgresQualityStore::Add(const QualityBook::Tallies& tallies) {
  if (tallies.empty()) return absl::OkStatus();
  std::vector<std::string> shops, sources, outcomes, examples;
  std::vector<int64_t> counts;
  std::vector<absl::Time> newest, received;
  for (const auto& [key, tally] : tallies) {
    shops.push_back(key.shop);
    sources.push_back(key.source);
    outcomes.push_back(key.outcome);
    counts.push_back(tally.count);
    examples.push_back(tally.example);
    newest.push_back(tally.newest_event);
    received.push_back(tally.last_received);
  }
  postgres::Params params;
  params.TextArray(shops).TextArray(sources).TextArray(outcomes).Int64Array(counts).TextArray(examples);
  params.TimeArray(newest).TimeArray(received);
  return pool_
      .Exec(
          "INSERT INTO ingest.quality AS q (shop, source, outcome, count, example, newest_event, last_received) "
          "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::text[], $6::timestamptz[], "
          "$7::timestamptz[]) ON CONFLICT (shop, source, outcome) DO UPDATE SET count = q.count + excluded.count, "
          "newest_event = greatest(q.newest_event, excluded.newest_event), "
          "last_received = greatest(q.last_received, excluded.last_received)",
          params)
      .status();
}

absl::StatusOr<v1::QualityReport> PostgresQualityStore::Report(const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT source, outcome, count, example, newest_event, last_received "
                              "FROM ingest.quality WHERE shop = $1 ORDER BY source, outcome",
                              params));
  v1::QualityReport report;
  absl::Time newest = absl::InfinitePast();
  absl::Time last = absl::InfinitePast();
  for (int r = 0; r < rows.rows(); ++r) {
    if (report.sources().empty() || report.sources().rbegin()->source() != rows.Text(r, 0)) {
      report.add_sources()->set_source(std::string(rows.Text(r, 0)));
      newest = last = absl::InfinitePast();
    }
    v1::SourceQuality& source = *report.mutable_sources()->rbegin();
    const absl::string_view outcome = rows.Text(r, 1);
    const int64_t count = rows.Int64(r, 2);
    if (outcome == "accepted") {
      source.set_accepted(count);
    } else if (outcome == "duplicate") {
      source.set_duplicates(count);
    } else {
      source.set_refused(source.refused() + count);
      v1::ReasonCount& reason = *source.add_refused_by_reason();
      reason.set_reason(std::string(outcome));
      reason.set_count(count);
      reason.set_example(std::string(rows.Text(r, 3)));
    }
    newest = std::max(newest, rows.Time(r, 4));
    last = std::max(last, rows.Time(r, 5));
    if (newest != absl::InfinitePast()) fleet::SetTime(newest, *source.mutable_newest_event_time());
    fleet::SetTime(last, *source.mutable_last_received_time());
  }
  return report;
}

}  // namespace kontor::ingest
