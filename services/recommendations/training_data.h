#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/domain/history/history.h"
#include "libs/domain/recommendations/model.h"
#include "libs/domain/recommendations/visits.h"
#include "libs/platform/postgres/pool.h"
#include "services/recommendations/catalogue_view.h"

namespace kontor::recommendations {

// What TrainModel learns from. A visitor that belongs to a customer is that customer. Every order of nobody known is a
// user of its own, so that it teaches what goes together and nothing about people. A function of the stored orders,
// behaviour, links and the catalogue.
struct TrainingData {
  history::History history;
  Catalogue catalogue;
  std::vector<uint64_t> persons;
  Visits visits;  // users of the history
  int64_t baskets = 0;
  int64_t customers = 0;  // known ones
  int64_t snapshots = 0;  // of table `applied`, before anything was read
  int64_t erasures = 0;   // the newest one's number (erasure_rows.h), before anything was read
};

using CancelFunction = std::function<bool()>;

// The place of an order as a key of Catalogue::contexts; "" for an empty place.
std::string CountryContext(absl::string_view country);
std::string StoreContext(absl::string_view store);

// Streams a shop's orders by primary key in chunks of 20,000; about 3 s for 150,000 orders with 1.5 million lines. Then
// the newest two million steps of behaviour.
// A store's parent is the country that most of its orders name. CANCELLED once `cancelled` says so.
absl::StatusOr<TrainingData> ReadTrainingData(postgres::Pool& pool, const std::string& shop,
                                              const CatalogueView& catalogue, const CancelFunction& cancelled);

// Snapshots of orders that the stored view has taken so far.
absl::StatusOr<int64_t> StoredSnapshots(postgres::Pool& pool, const std::string& shop);

}  // namespace kontor::recommendations
