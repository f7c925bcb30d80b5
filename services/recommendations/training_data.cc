#include "services/recommendations/training_data.h"

#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/text_list.h"
#include "services/recommendations/erasure_rows.h"
#include "services/recommendations/identity_rows.h"
#include "services/recommendations/training_features.h"
#include "services/recommendations/training_visits.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kChunkOrders = 20'000;

// Places with their number of orders, countries before stores.
absl::Status ReadContexts(postgres::Pool& pool, const std::string& shop, Catalogue& catalogue) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT country, store, count(*) FROM recommendations.purchases WHERE shop = $1 "
                             "AND NOT cancelled GROUP BY country, store",
                             params));
  std::map<std::string, std::map<std::string, int64_t>> countries_of;  // store → country → orders
  std::map<std::string, bool> countries;
  for (int r = 0; r < rows.rows(); ++r) {
    const std::string country(rows.Text(r, 0)), store(rows.Text(r, 1));
    if (!country.empty()) countries[country] = true;
    if (!store.empty()) countries_of[store][country] += rows.Int64(r, 2);
  }
  for (const auto& [country, unused] : countries) {
    catalogue.contexts.Intern(CountryContext(country));
    catalogue.context_parents.push_back(kNone);
  }
  for (const auto& [store, counts] : countries_of) {
    auto most = counts.begin();
    for (auto it = counts.begin(); it != counts.end(); ++it) {
      if (it->second > most->second) most = it;
    }
    catalogue.contexts.Intern(StoreContext(store));
    catalogue.context_parents.push_back(catalogue.contexts.Find(CountryContext(most->first)).value_or(kNone));
  }
  return absl::OkStatus();
}

// Rows of one shop's orders on their way into a history.
class Collector {
 public:
  Collector(const std::vector<std::pair<std::string, std::string>>& owners, TrainingData& data) : data_(data) {
    for (const auto& [visitor, customer] : owners) owners_.emplace(visitor, customer);
  }

  void Add(const postgres::Result& rows) {
    for (int r = 0; r < rows.rows(); ++r) AddOrder(rows, r);
  }
  // kNone for who bought nothing.
  uint32_t KnownUser(absl::string_view subject) const {
    const auto number = subjects_.Find(OwnerOf(subject));
    return number ? users_[*number] : kNone;
  }
  void Finish() { data_.history = std::move(builder_).Build(); }

 private:
  void AddOrder(const postgres::Result& rows, int r) {
    history::Row row;
    row.user = UserOf(rows.Text(r, 1));
    row.basket = static_cast<uint32_t>(data_.baskets++);
    row.time_seconds = absl::ToUnixSeconds(rows.Time(r, 2));
    row.context = ContextOf(rows.Text(r, 3), rows.Text(r, 4));
    for (const absl::string_view product : postgres::SplitList(rows.Text(r, 5))) {
      row.item = data_.catalogue.products.Intern(product);
      builder_.Add(row);
    }
  }

  uint32_t UserOf(absl::string_view subject) {
    const auto next = static_cast<uint32_t>(data_.persons.size());
    if (subject.empty()) {
      data_.persons.push_back(0);
      return next;
    }
    const absl::string_view person = OwnerOf(subject);
    const uint32_t number = subjects_.Intern(person);
    if (number < users_.size()) return users_[number];
    users_.push_back(next);
    data_.persons.push_back(base::StableHash(person));
    ++data_.customers;
    return next;
  }

  absl::string_view OwnerOf(absl::string_view subject) const {
    const auto owner = owners_.find(subject);
    return owner == owners_.end() ? subject : absl::string_view(owner->second);
  }

  ContextId ContextOf(absl::string_view country, absl::string_view store) const {
    const history::Interner& contexts = data_.catalogue.contexts;
    if (!store.empty()) {
      if (const auto found = contexts.Find(StoreContext(store))) return *found;
    }
    return country.empty() ? kNone : contexts.Find(CountryContext(country)).value_or(kNone);
  }

  TrainingData& data_;
  absl::flat_hash_map<std::string, std::string> owners_;  // visitor → customer
  history::Interner subjects_;
  std::vector<uint32_t> users_;  // by number of the subject
  history::HistoryBuilder builder_;
};

}  // namespace

std::string CountryContext(absl::string_view country) { return absl::StrCat("country/", country); }
std::string StoreContext(absl::string_view store) { return absl::StrCat("store/", store); }

absl::StatusOr<int64_t> StoredSnapshots(postgres::Pool& pool, const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool.Exec("SELECT coalesce(sum(snapshots), 0)::int8 FROM recommendations.applied WHERE shop = $1", params));
  return rows.Int64(0, 0);
}

absl::StatusOr<TrainingData> ReadTrainingData(postgres::Pool& pool, const std::string& shop,
                                              const CatalogueView& catalogue, const CancelFunction& cancelled) {
  TrainingData data;
  ASSIGN_OR_RETURN(data.snapshots, StoredSnapshots(pool, shop));
  RETURN_IF_ERROR(ReadContexts(pool, shop, data.catalogue));
  ASSIGN_OR_RETURN(data.erasures, NewestErasure(pool, shop));
  ASSIGN_OR_RETURN(const auto owners, ReadOwners(pool, shop));
  Collector collector(owners, data);
  std::string last;
  for (bool more = true; more;) {
    if (cancelled()) return absl::CancelledError("the training was cancelled");
    postgres::Params params;
    params.Text(shop).Text(last).Int64(kChunkOrders);
    ASSIGN_OR_RETURN(
        const postgres::Result rows,
        pool.Exec("SELECT order_id, subject, occurred_at, country, store, array_to_string(products, E'\\x1f') "
                  "FROM recommendations.purchases WHERE shop = $1 AND order_id > $2 AND NOT cancelled "
                  "AND products <> '{}' ORDER BY order_id LIMIT $3",
                  params));
    collector.Add(rows);
    more = rows.rows() == kChunkOrders;
    if (more) last = std::string(rows.Text(rows.rows() - 1, 0));
  }
  collector.Finish();
  FillFromCatalogue(catalogue, data.catalogue);
  const auto user_of = [&](absl::string_view subject) { return collector.KnownUser(subject); };
  ASSIGN_OR_RETURN(data.visits, ReadVisits(pool, shop, data.catalogue, user_of, cancelled));
  return data;
}

}  // namespace kontor::recommendations
