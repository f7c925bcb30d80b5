#include "services/recommendations/behaviour_writer.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "libs/base/status.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/identity_rows.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kKept = absl::Hours(24 * 90);
constexpr int64_t kLeastForgotten = 1'000;

struct Row {
  int64_t offset = 0;
  std::string shop, session, subject, visitor;
  absl::Time at;
  SessionStep step;
};

struct Rows {
  std::vector<Row> steps;
  LinkBatch links;
  SubjectSet subjects;                       // whose tombstones are asked for
  std::map<std::string, absl::Time> newest;  // by shop
};

void AddStep(const DecodedRecord& record, const SessionStep& step, int64_t offset, Rows& rows) {
  const std::string& person = record.visitor.empty() ? record.subject : record.visitor;
  const std::string& session = record.session.empty() ? person : record.session;
  if (session.empty()) return;
  absl::Time& newest = rows.newest.try_emplace(record.shop, absl::InfinitePast()).first->second;
  newest = std::max(newest, record.occurred_at);
  rows.steps.push_back({offset, record.shop, session, record.subject, record.visitor, record.occurred_at, step});
}

Rows DecodeBatch(const log::Batch& batch, log::Effects& effects) {
  Rows rows;
  for (const log::LogRecord& record : batch.records) {
    const absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) continue;
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    rows.links.Add(*decoded);
    for (const std::string* token : {&decoded->subject, &decoded->visitor}) {
      if (!token->empty()) rows.subjects.emplace(decoded->shop, *token);
    }
    if (const auto* step = std::get_if<SessionStep>(&decoded->content)) AddStep(*decoded, *step, record.offset, rows);
  }
  return rows;
}

absl::Status WriteSteps(postgres::Transaction& transaction, int partition, const Rows& rows,
                        const Tombstones& tombstones) {
  std::vector<std::string> shops, sessions, subjects, products;
  std::vector<absl::Time> times;
  std::vector<int64_t> offsets, kinds;
  for (const Row& row : rows.steps) {
    if (row.at < rows.newest.at(row.shop) - kKept) continue;
    if (tombstones.Cover(row.shop, row.subject, row.at) || tombstones.Cover(row.shop, row.visitor, row.at)) continue;
    shops.push_back(row.shop);
    times.push_back(row.at);
    offsets.push_back(row.offset);
    sessions.push_back(row.session);
    subjects.push_back(row.subject);
    kinds.push_back(static_cast<int64_t>(row.step.kind));
    products.push_back(row.step.product);
  }
  if (shops.empty()) return absl::OkStatus();
  postgres::Params params;
  params.TextArray(shops).TimeArray(times).Int64(partition).Int64Array(offsets).TextArray(sessions);
  params.TextArray(subjects).Int64Array(kinds).TextArray(products);
  return transaction
      .Exec(
          "INSERT INTO recommendations.behaviour (shop, occurred_at, partition, log_offset, session, subject, kind, "
          "product) SELECT shop, at, $3::int4, log_offset, session, subject, kind, product FROM unnest($1::text[], "
          "$2::timestamptz[], $4::int8[], $5::text[], $6::text[], $7::int8[], $8::text[]) "
          "AS steps (shop, at, log_offset, session, subject, kind, product) ON CONFLICT DO NOTHING",
          params)
      .status();
}

absl::Status ForgetOld(postgres::Transaction& transaction, const Rows& rows) {
  for (const auto& [shop, newest] : rows.newest) {
    postgres::Params params;
    params.Text(shop).Time(newest - kKept);
    params.Int64(std::max(kLeastForgotten, 2 * static_cast<int64_t>(rows.steps.size())));
    RETURN_IF_ERROR(transaction
                        .Exec("DELETE FROM recommendations.behaviour WHERE ctid = ANY(ARRAY("
                              "SELECT ctid FROM recommendations.behaviour WHERE shop = $1 AND occurred_at < $2 "
                              "ORDER BY occurred_at LIMIT $3 FOR UPDATE SKIP LOCKED))",
                              params)
                        .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status BehaviourWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch,
                                    log::Effects& effects) {
  const Rows rows = DecodeBatch(batch, effects);
  ASSIGN_OR_RETURN(const Tombstones tombstones, ReadTombstones(transaction, rows.subjects));
  RETURN_IF_ERROR(WriteSteps(transaction, batch.partition, rows, tombstones));
  RETURN_IF_ERROR(WriteLinks(transaction, rows.links, tombstones).status());
  ASSIGN_OR_RETURN(const SubjectSet forgotten, EraseLateVisitors(transaction, rows.links, tombstones));
  if (!forgotten.empty()) effects.AfterCommit([this, forgotten] { forgotten_(forgotten); });
  return ForgetOld(transaction, rows);
}

bool BehaviourWriter::Knows(absl::string_view type) const { return KnowsType(type); }

}  // namespace kontor::recommendations
