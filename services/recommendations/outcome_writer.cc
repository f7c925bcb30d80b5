#include "services/recommendations/outcome_writer.h"

#include <utility>
#include <variant>
#include <vector>

#include "libs/base/status.h"
#include "libs/platform/fleet/topics.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/outcome_orders.h"
#include "services/recommendations/outcome_rows.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kKept = absl::Hours(24 * 30), kCauseKept = absl::Hours(24 * 37);

absl::Status ForgetOld(postgres::Transaction& transaction, const std::string& shop, absl::Time newest) {
  postgres::Params answers;
  answers.Text(shop).Time(newest - kKept);
  RETURN_IF_ERROR(transaction
                      .Exec("DELETE FROM recommendations.outcomes WHERE shop = $1 AND answer_id IN (SELECT answer_id "
                            "FROM recommendations.outcomes WHERE shop = $1 AND shown_at < $2 "
                            "ORDER BY shown_at LIMIT 1000)",
                            answers)
                      .status());
  postgres::Params causes;
  causes.Text(shop).Time(newest - kCauseKept);
  RETURN_IF_ERROR(transaction
                      .Exec("DELETE FROM recommendations.outcome_touches WHERE ctid = ANY (ARRAY(SELECT ctid "
                            "FROM recommendations.outcome_touches WHERE shop = $1 AND touched_at < $2 "
                            "ORDER BY touched_at LIMIT 1000))",
                            causes)
                      .status());
  return transaction
      .Exec(
          "DELETE FROM recommendations.outcome_orders WHERE shop = $1 AND order_id IN (SELECT order_id "
          "FROM recommendations.outcome_orders WHERE shop = $1 AND ordered_at < $2 ORDER BY ordered_at LIMIT 1000)",
          causes)
      .status();
}

}  // namespace

absl::Status OutcomeWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) {
  if (batch.topic != fleet::kBehavior && batch.topic != fleet::kOrders) return absl::OkStatus();
  std::vector<DecodedRecord> records;
  SubjectSet people;
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes, Payloads::kAttributed);
    if (!decoded.ok()) continue;
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    if (std::holds_alternative<std::monostate>(decoded->content)) continue;
    for (const std::string& token : {decoded->subject, decoded->visitor}) {
      if (!token.empty()) people.emplace(decoded->shop, token);
    }
    records.push_back(*std::move(decoded));
  }
  if (records.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Tombstones tombstones, ReadTombstones(transaction, people));
  OutcomeRows rows;
  for (DecodedRecord& record : records) {
    for (std::string* token : {&record.subject, &record.visitor}) {
      if (tombstones.Cover(record.shop, *token, record.occurred_at)) token->clear();
    }
    rows.Add(record);
  }
  RETURN_IF_ERROR(DropUntouched(transaction, rows));
  if (rows.shown.empty() && rows.touches.empty() && rows.orders.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(WriteOutcomes(transaction, rows));
  for (const auto& [shop, newest] : rows.newest) RETURN_IF_ERROR(ForgetOld(transaction, shop, newest));
  return absl::OkStatus();
}

bool OutcomeWriter::Knows(absl::string_view type) const { return KnowsType(type); }

}  // namespace kontor::recommendations
