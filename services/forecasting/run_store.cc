#include "services/forecasting/run_store.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr char kEngineVersion[] = "3";
constexpr char kColumns[] =
    "shop, run, state, data_until - DATE '1970-01-01', create_time, end_time, series_total, series_done, "
    "after_product, engine_version, error, bulk_units, learn_seconds";
constexpr int kSameColumn = 13;  // behind them

Run ReadRun(const postgres::Result& rows, int r) {
  Run run;
  run.shop = std::string(rows.Text(r, 0));
  run.number = rows.Int64(r, 1);
  run.state = static_cast<v1::ForecastRun::State>(rows.Int64(r, 2));
  run.data_until = kEpoch + rows.Int64(r, 3);
  run.create_time = rows.Time(r, 4);
  if (!rows.IsNull(r, 5)) run.end_time = rows.Time(r, 5);
  run.series_total = rows.Int64(r, 6);
  run.series_done = rows.Int64(r, 7);
  run.after_product = std::string(rows.Text(r, 8));
  run.engine_version = std::string(rows.Text(r, 9));
  run.error = std::string(rows.Text(r, 10));
  run.bulk_units = rows.Double(r, 11);
  run.learn_seconds = rows.Int64(r, 12);
  return run;
}

absl::Status Lost(const Run& run) {
  return base::Error(absl::StatusCode::kAborted, kReasonRunLost,
                     absl::StrCat(RunName(run), " was cancelled or is worked on by another process"));
}

absl::Status Unknown(const std::string& shop, int64_t number) {
  return base::Error(absl::StatusCode::kNotFound, kReasonRunUnknown,
                     absl::StrCat("shops/", shop, "/forecastRuns/", number,
                                  " does not exist; ListForecastRuns tells "
                                  "which do"));
}

// The fence of what an owner writes.
postgres::Params OwnedBy(const Run& run, const std::string& owner) {
  postgres::Params params;
  params.Text(run.shop).Int64(run.number).Text(owner).Int64(v1::ForecastRun::STATE_RUNNING);
  return params;
}

}  // namespace

std::string RunName(const Run& run) { return absl::StrCat("shops/", run.shop, "/forecastRuns/", run.number); }

std::optional<int64_t> RunNumber(absl::string_view name, absl::string_view shop) {
  int64_t number = 0;
  if (!absl::ConsumePrefix(&name, absl::StrCat("shops/", shop, "/forecastRuns/")) || !absl::SimpleAtoi(name, &number) ||
      number < 1) {
    return std::nullopt;
  }
  return number;
}

absl::StatusOr<Run> RunStore::Start(const std::string& shop, const std::string& request_id, absl::CivilDay data_until,
                                    int64_t learn_seconds, absl::Time now) {
  std::optional<Run> started;
  RETURN_IF_ERROR(pool_.RunRetrying([&](postgres::Transaction& transaction) -> absl::Status {
    started.reset();
    postgres::Params lock;
    lock.Text(absl::StrCat("forecasting runs of ", shop));
    RETURN_IF_ERROR(transaction.Exec("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", lock).status());
    postgres::Params asked;
    asked.Text(shop).Text(request_id).Int64(v1::ForecastRun::STATE_RUNNING);
    ASSIGN_OR_RETURN(
        const postgres::Result others,
        transaction.Exec(absl::StrCat("SELECT ", kColumns,
                                      ", $2 <> '' AND request_id = $2 AS same FROM forecasting.runs WHERE shop = $1 "
                                      "AND ($2 <> '' AND request_id = $2 OR state = $3) ORDER BY same DESC, run DESC"),
                         asked));
    if (!others.empty()) {
      started = ReadRun(others, 0);
      if (others.Bool(0, kSameColumn)) return absl::OkStatus();
      return base::Error(absl::StatusCode::kAlreadyExists, kReasonRunRuns,
                         absl::StrCat(RunName(*started), " is under way; wait for it or cancel it"));
    }
    postgres::Params params;
    params.Text(shop).Int64(v1::ForecastRun::STATE_RUNNING).Text(request_id).Int64(data_until - kEpoch).Time(now);
    params.Text(kEngineVersion).Int64(learn_seconds);
    ASSIGN_OR_RETURN(
        const postgres::Result rows,
        transaction.Exec(
            absl::StrCat("INSERT INTO forecasting.runs (shop, run, state, request_id, "
                         "data_until, create_time, series_total, series_done, after_product, "
                         "bulk_units, learn_seconds, engine_version, error, owner, leased_until) SELECT $1, "
                         "coalesce((SELECT max(run) FROM forecasting.runs WHERE shop = $1), "
                         "0) + 1, $2::int2, $3, DATE '1970-01-01' + $4::int4, $5, 0, 0, '', "
                         "0, $7::int4, $6, '', '', '-infinity' RETURNING ",
                         kColumns),
            params));
    started = ReadRun(rows, 0);
    return absl::OkStatus();
  }));
  return *started;
}

absl::StatusOr<Run> RunStore::Get(const std::string& shop, int64_t number) {
  postgres::Params params;
  params.Text(shop).Int64(number);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec(absl::StrCat("SELECT ", kColumns, " FROM forecasting.runs WHERE shop = $1 AND run = $2"), params));
  if (rows.empty()) return Unknown(shop, number);
  return ReadRun(rows, 0);
}

absl::StatusOr<std::vector<Run>> RunStore::List(const std::string& shop, int64_t before, int limit) {
  postgres::Params params;
  params.Text(shop).Int64(before).Int64(limit);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT ", kColumns,
                                           " FROM forecasting.runs WHERE shop = $1 AND ($2 = 0 OR run < $2) "
                                           "ORDER BY run DESC LIMIT $3"),
                              params));
  std::vector<Run> runs;
  for (int r = 0; r < rows.rows(); ++r) runs.push_back(ReadRun(rows, r));
  return runs;
}

absl::StatusOr<Run> RunStore::NewestDone(const std::string& shop, int64_t before) {
  postgres::Params params;
  params.Text(shop).Int64(before).Int64(v1::ForecastRun::STATE_DONE);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT ", kColumns,
                                           " FROM forecasting.runs WHERE shop = $1 AND ($2 = 0 OR run < $2) AND "
                                           "state = $3 ORDER BY run DESC LIMIT 1"),
                              params));
  if (rows.empty()) {
    return base::Error(absl::StatusCode::kNotFound, kReasonNoForecasts,
                       "no run has finished yet; StartForecastRun makes forecasts of all series");
  }
  return ReadRun(rows, 0);
}

absl::StatusOr<Run> RunStore::Cancel(const std::string& shop, int64_t number, absl::Time now) {
  std::optional<Run> cancelled;
  RETURN_IF_ERROR(pool_.Run([&](postgres::Transaction& transaction) -> absl::Status {
    postgres::Params params;
    params.Text(shop).Int64(number).Int64(v1::ForecastRun::STATE_CANCELLED).Time(now);
    params.Int64(v1::ForecastRun::STATE_RUNNING);
    ASSIGN_OR_RETURN(const postgres::Result rows,
                     transaction.Exec(absl::StrCat("UPDATE forecasting.runs SET state = $3::int2, end_time = $4 WHERE "
                                                   "shop = $1 AND run = $2 AND state = $5 RETURNING ",
                                                   kColumns),
                                      params));
    if (rows.empty()) return absl::OkStatus();
    cancelled = ReadRun(rows, 0);
    return transaction
        .Exec("DELETE FROM forecasting.forecasts WHERE shop = $1 AND run = $2",
              postgres::Params().Text(shop).Int64(number))
        .status();
  }));
  if (cancelled.has_value()) return *cancelled;
  ASSIGN_OR_RETURN(const Run run, Get(shop, number));
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonRunEnded,
                     absl::StrCat(RunName(run), " has ended already"));
}

absl::StatusOr<std::optional<Run>> RunStore::Claim(const std::string& owner, absl::Time now, absl::Duration lease) {
  postgres::Params params;
  params.Text(owner).Time(now + lease).Int64(v1::ForecastRun::STATE_RUNNING).Time(now);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec(absl::StrCat("UPDATE forecasting.runs SET owner = $1, leased_until = $2 WHERE (shop, run) "
                              "IN (SELECT shop, run FROM forecasting.runs WHERE state = $3 AND "
                              "leased_until <= $4 ORDER BY create_time LIMIT 1 FOR UPDATE SKIP LOCKED) "
                              "RETURNING ",
                              kColumns),
                 params));
  return rows.empty() ? std::optional<Run>() : ReadRun(rows, 0);
}

absl::Status RunStore::Write(postgres::Transaction& transaction, const Run& run, absl::Span<const ForecastRow> rows) {
  std::vector<int64_t> grains, levels;
  std::vector<std::string> nodes, forecasts;
  for (const ForecastRow& row : rows) {
    grains.push_back(row.grain);
    levels.push_back(static_cast<int64_t>(row.node.level));
    nodes.push_back(row.node.id);
    forecasts.push_back(SaveForecast(row.forecast));
  }
  postgres::Params params;
  params.Text(run.shop).Int64(run.number).Int64Array(grains).Int64Array(levels).TextArray(nodes);
  params.BytesArray(absl::MakeConstSpan(forecasts));
  return transaction
      .Exec(
          "INSERT INTO forecasting.forecasts (shop, run, grain, level, node, forecast) SELECT $1, $2, grain, level, "
          "node, forecast FROM unnest($3::int2[], $4::int2[], $5::text[], $6::bytea[]) AS made (grain, level, node, "
          "forecast) ON CONFLICT (shop, run, grain, level, node) DO UPDATE SET forecast = excluded.forecast",
          params)
      .status();
}

absl::Status RunStore::Progress(const Run& run, const std::string& owner, absl::Time now, absl::Duration lease,
                                absl::Span<const ForecastRow> rows) {
  return pool_.Run([&](postgres::Transaction& transaction) -> absl::Status {
    postgres::Params params = OwnedBy(run, owner);
    params.Int64(run.series_total)
        .Int64(run.series_done)
        .Text(run.after_product)
        .Time(now + lease)
        .Double(run.bulk_units);
    ASSIGN_OR_RETURN(
        const postgres::Result held,
        transaction.Exec("UPDATE forecasting.runs SET series_total = $5, series_done = $6, "
                         "after_product = $7, leased_until = $8, bulk_units = $9 WHERE shop = $1 AND run = $2 AND "
                         "owner = $3 AND state = $4",
                         params));
    if (held.affected_rows() == 0) return Lost(run);
    return rows.empty() ? absl::OkStatus() : Write(transaction, run, rows);
  });
}

absl::Status RunStore::Finish(const Run& run, const std::string& owner, absl::Time now,
                              absl::Span<const log::OutboxRow> events, int keep) {
  return pool_.Run([&](postgres::Transaction& transaction) -> absl::Status {
    postgres::Params params = OwnedBy(run, owner);
    params.Int64(v1::ForecastRun::STATE_DONE).Time(now);
    ASSIGN_OR_RETURN(const postgres::Result held,
                     transaction.Exec("UPDATE forecasting.runs SET state = $5::int2, end_time = $6, leased_until = $6 "
                                      "WHERE shop = $1 AND run = $2 AND owner = $3 AND state = $4",
                                      params));
    if (held.affected_rows() == 0) return Lost(run);
    RETURN_IF_ERROR(log::InsertOutbox(transaction, "forecasting", events));
    const postgres::Params old = postgres::Params().Text(run.shop).Int64(run.number - keep);
    RETURN_IF_ERROR(transaction.Exec("DELETE FROM forecasting.forecasts WHERE shop = $1 AND run <= $2", old).status());
    return transaction.Exec("DELETE FROM forecasting.runs WHERE shop = $1 AND run <= $2", old).status();
  });
}

absl::Status RunStore::Release(const Run& run, const std::string& owner) {
  return pool_
      .Exec(
          "UPDATE forecasting.runs SET leased_until = '-infinity' WHERE shop = $1 AND run = $2 AND owner = $3 AND "
          "state = $4",
          OwnedBy(run, owner))
      .status();
}

absl::Status RunStore::Fail(const Run& run, const std::string& owner, absl::Time now, const std::string& error) {
  postgres::Params params = OwnedBy(run, owner);
  params.Int64(v1::ForecastRun::STATE_FAILED).Time(now).Text(error);
  return pool_
      .Exec(
          "UPDATE forecasting.runs SET state = $5::int2, end_time = $6, error = $7 WHERE shop = $1 AND run = $2 AND "
          "owner = $3 AND state = $4",
          params)
      .status();
}

absl::StatusOr<StoredForecast> RunStore::Read(const std::string& shop, int64_t run, v1::Grain grain, const Node& node) {
  postgres::Params params;
  params.Text(shop).Int64(run).Int64(grain).Int64(static_cast<int64_t>(node.level)).Text(node.id);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT forecast FROM forecasting.forecasts WHERE shop = $1 AND run = $2 AND grain = $3 "
                              "AND level = $4 AND node = $5",
                              params));
  if (rows.empty()) {
    return base::Error(absl::StatusCode::kNotFound, kReasonForecastUnknown,
                       absl::StrCat("shops/", shop, "/forecastRuns/", run, " holds no forecast of this series"));
  }
  return LoadForecast(rows.Bytes(0, 0));
}

absl::StatusOr<std::vector<std::pair<Node, StoredForecast>>> RunStore::ReadLevel(const std::string& shop, int64_t run,
                                                                                 v1::Grain grain, Level level,
                                                                                 const std::string& after, int limit) {
  postgres::Params params;
  params.Text(shop).Int64(run).Int64(grain).Int64(static_cast<int64_t>(level)).Text(after).Int64(limit);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec("SELECT node, forecast FROM forecasting.forecasts WHERE shop = $1 AND run = $2 AND "
                              "grain = $3 AND level = $4 AND (node > $5 OR $5 = '') ORDER BY node LIMIT $6",
                              params));
  std::vector<std::pair<Node, StoredForecast>> out;
  for (int r = 0; r < rows.rows(); ++r) {
    ASSIGN_OR_RETURN(StoredForecast forecast, LoadForecast(rows.Bytes(r, 1)));
    out.emplace_back(Node{level, std::string(rows.Text(r, 0))}, std::move(forecast));
  }
  return out;
}

}  // namespace kontor::forecasting
