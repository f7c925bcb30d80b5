#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/platform/postgres/pool.h"
#include "libs/platform/postgres/transaction.h"
#include "services/recommendations/decode.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/order_rows.h"

// Table identities: who a visitor is. Of each visitor and customer the newest event counts, at the same time an unlink;
// a visitor belongs to the customer of the newest link that stands (told at the same time: of the greater token), with
// all that was done under the visitor's id alone, whenever. What an event of a customer did is that customer's, on
// whatever device. Joined when something is asked, never when it is stored.
namespace kontor::recommendations {

// The links that a batch tells, each pair once.
class LinkBatch {
 public:
  void Add(const DecodedRecord& record);

  struct Told {
    absl::Time at;
    bool linked = true;
  };
  using Key = std::tuple<std::string, std::string, std::string>;  // shop, visitor, customer
  const std::map<Key, Told>& rows() const { return rows_; }

 private:
  std::map<Key, Told> rows_;
};

// Writes what is newer than what is stored, in order of the keys, and nothing that a tombstone of the visitor or
// customer covers. Returns everybody whose links are newer now.
absl::StatusOr<SubjectSet> WriteLinks(postgres::Transaction& transaction, const LinkBatch& links,
                                      const Tombstones& tombstones);

// A link that comes after its customer was forgotten, though it was told before: the visitor is forgotten like them,
// unless another customer is told to have come after. So it does not matter in which order a log is read. Call it after
// WriteLinks and all other writes; returns whom caches must forget.
absl::StatusOr<SubjectSet> EraseLateVisitors(postgres::Transaction& transaction, const LinkBatch& links,
                                             const Tombstones& tombstones);

// Of a customer: the newest 20 visitors that belong to them, ascending.
absl::StatusOr<std::vector<std::string>> ReadVisitors(postgres::Pool& pool, absl::string_view shop,
                                                      absl::string_view customer);

// The customer that a visitor belongs to; "" for nobody.
absl::StatusOr<std::string> ReadOwner(postgres::Pool& pool, absl::string_view shop, absl::string_view visitor);

// Every visitor of the shop with the customer they belong to.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ReadOwners(postgres::Pool& pool,
                                                                            absl::string_view shop);

}  // namespace kontor::recommendations
