#include "bench/next_basket_data.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/base/csv.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/history/interner.h"

namespace kontor::bench {
namespace {

struct Line {
  std::string user, basket, item, context;
  int64_t time_seconds = 0;
};

enum class Verdict { kTake, kPass, kWrong };

bool ReadTime(absl::string_view text, int64_t& seconds) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%S", text, absl::UTCTimeZone(), &time, &error)) return false;
  seconds = absl::ToUnixSeconds(time);
  return true;
}

Verdict OnlineRetailLine(const std::vector<absl::string_view>& f, Line& line) {
  int64_t quantity = 0;
  double price = 0;
  if (f.size() < 8 || !absl::SimpleAtoi(f[3], &quantity) || !absl::SimpleAtod(f[5], &price) ||
      !ReadTime(f[4], line.time_seconds)) {
    return Verdict::kWrong;
  }
  if (f[6].empty() || f[0].substr(0, 1) == "C" || quantity <= 0 || price <= 0) return Verdict::kPass;
  line.user = std::string(f[6]);
  line.basket = std::string(f[0]);
  line.item = std::string(f[1]);
  line.context = absl::StrCat("country/", f[7]);
  return Verdict::kTake;
}

Verdict CompleteJourneyLine(const std::vector<absl::string_view>& f, Line& line) {
  if (f.size() < 10 || !ReadTime(f[9], line.time_seconds)) return Verdict::kWrong;
  line.user = std::string(f[1]);
  line.basket = std::string(f[0]);
  line.item = std::string(f[3]);
  line.context = absl::StrCat("store/", f[2]);
  return Verdict::kTake;
}

// Products in the order of their ids, as the peers' script numbers them, so that ties fall alike.
void SortProducts(std::vector<history::Row>& rows, history::Interner& products) {
  std::vector<std::pair<std::string, uint32_t>> order;
  for (uint32_t id = 0; id < products.size(); ++id) order.emplace_back(std::string(products.At(id)), id);
  std::sort(order.begin(), order.end());
  history::Interner sorted;
  std::vector<uint32_t> renamed(order.size());
  for (const auto& [name, id] : order) renamed[id] = sorted.Intern(name);
  for (history::Row& row : rows) row.item = renamed[row.item];
  products = std::move(sorted);
}

}  // namespace

absl::StatusOr<ShopHistory> ReadShop(const std::string& path, DataFormat format) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  ShopHistory shop;
  history::Interner users, baskets;
  std::vector<history::Row> rows;
  Line line;
  reader.Next();  // the header
  while (reader.Next()) {
    const Verdict verdict = format == DataFormat::kOnlineRetail ? OnlineRetailLine(reader.fields(), line)
                                                                : CompleteJourneyLine(reader.fields(), line);
    if (verdict == Verdict::kWrong) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", reader.line(), ": not a line of this format"));
    }
    if (verdict == Verdict::kPass) continue;
    history::Row row;
    row.user = users.Intern(line.user);
    row.item = shop.catalogue.products.Intern(line.item);
    row.basket = baskets.Intern(line.basket);
    row.context = shop.catalogue.contexts.Intern(line.context);
    row.time_seconds = line.time_seconds;
    rows.push_back(row);
  }
  shop.rows = static_cast<int64_t>(rows.size());
  SortProducts(rows, shop.catalogue.products);
  history::HistoryBuilder builder;
  builder.Reserve(rows.size());
  for (const history::Row& row : rows) builder.Add(row);
  shop.history = std::move(builder).Build();
  shop.catalogue.product_categories.assign(shop.catalogue.products.size(), recommendations::kNone);
  shop.catalogue.context_parents.assign(shop.catalogue.contexts.size(), recommendations::kNone);
  for (uint32_t user = 0; user < users.size(); ++user) shop.persons.push_back(base::StableHash(users.At(user)));
  return shop;
}

}  // namespace kontor::bench
