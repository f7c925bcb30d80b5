#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "libs/domain/analytics/facts.h"
#include "libs/platform/log/batch_handler.h"
#include "libs/platform/postgres/transaction.h"

// Tables documents, lines and cancellations. Part of FactWriter.
namespace kontor::analytics {

struct DocumentItem {
  int64_t offset;
  std::string shop;
  DocumentFact fact;
};

struct CancellationItem {
  std::string shop;
  CancellationFact fact;
};

// Items in the order of the log. Conflicts go to the effects.
absl::Status WriteDocuments(postgres::Transaction& transaction, absl::Span<const DocumentItem> items,
                            log::Effects& effects);
absl::Status WriteCancellations(postgres::Transaction& transaction, absl::Span<const CancellationItem> items);

}  // namespace kontor::analytics
