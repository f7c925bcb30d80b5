#include "services/analytics/fact_writer.h"

#include <string>
#include <utility>
#include <variant>

#include "libs/base/status.h"
#include "services/analytics/decode.h"
#include "services/analytics/document_rows.h"
#include "services/analytics/event_rows.h"
#include "services/analytics/product_rows.h"

namespace kontor::analytics {
namespace {

// The facts of one batch by the tables that they go to.
struct Rows {
  void Add(int64_t offset, const std::string& shop, Fact&& fact) {
    std::visit([&](auto& one) { Put(offset, shop, std::move(one)); }, fact);
  }
  void Put(int64_t offset, const std::string& shop, DocumentFact&& fact) {
    documents.push_back({offset, shop, std::move(fact)});
  }
  void Put(int64_t, const std::string& shop, CancellationFact&& fact) {
    cancellations.push_back({shop, std::move(fact)});
  }
  void Put(int64_t, const std::string& shop, BehaviorFact&& fact) { behavior.push_back({shop, std::move(fact)}); }
  void Put(int64_t offset, const std::string& shop, ProductFact&& fact) {
    products.push_back({offset, shop, std::move(fact)});
  }
  void Put(int64_t, const std::string& shop, RefusalFact&& fact) { refusals.push_back({shop, std::move(fact)}); }

  std::vector<DocumentItem> documents;
  std::vector<CancellationItem> cancellations;
  std::vector<BehaviorItem> behavior;
  std::vector<ProductItem> products;
  std::vector<RefusalItem> refusals;
};

Rows Decode(const log::Batch& batch, log::Effects& effects) {
  Rows rows;
  for (const log::LogRecord& record : batch.records) {
    absl::StatusOr<DecodedRecord> decoded = DecodeRecord(record.bytes);
    if (!decoded.ok()) {
      effects.DeadLetter(record.offset, base::ErrorReason(decoded.status()), std::string(decoded.status().message()));
      continue;
    }
    if (!decoded->known) effects.Park(record.offset, decoded->type);
    for (Fact& fact : decoded->facts) rows.Add(record.offset, decoded->shop, std::move(fact));
  }
  return rows;
}

}  // namespace

absl::Status FactWriter::Apply(postgres::Transaction& transaction, const log::Batch& batch, log::Effects& effects) {
  const Rows rows = Decode(batch, effects);
  RETURN_IF_ERROR(WriteDocuments(transaction, rows.documents, effects));
  RETURN_IF_ERROR(WriteCancellations(transaction, rows.cancellations));
  RETURN_IF_ERROR(WriteBehavior(transaction, rows.behavior));
  RETURN_IF_ERROR(WriteProducts(transaction, rows.products, effects));
  return WriteRefusals(transaction, rows.refusals);
}

bool FactWriter::Knows(absl::string_view type) const { return KnowsType(type); }

}  // namespace kontor::analytics
