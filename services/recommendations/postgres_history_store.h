#pragma once

#include "libs/platform/postgres/pool.h"
#include "services/recommendations/history_store.h"

namespace kontor::recommendations {

// HistoryStore in tables recommendations.purchases, the newest 500 orders that are not cancelled and hold a product,
// recommendations.impressions, and recommendations.identities: a customer's history holds that of the visitors that
// belong to them, a visitor's only their own. Three statements of about 1 ms; blocks as long as the pool's timeouts
// allow.
class PostgresHistoryStore : public HistoryStore {
 public:
  explicit PostgresHistoryStore(postgres::Pool& pool) : pool_(pool) {}
  absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace kontor::recommendations
