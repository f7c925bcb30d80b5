#include "services/kontorctl/display.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/money.h"
#include "services/kontorctl/text_table.h"

namespace kontor::ctl {
namespace {

using kontor::analytics::v1::KpiValue;
using kontor::recommendations::v1::RecommendResponse;

template <typename Parts>
absl::int128 Nanos(const Parts& value) {
  return absl::int128(value.units()) * base::Decimal::kOne + value.nanos();
}

const char* TierName(kontor::recommendations::v1::Tier tier) {
  switch (tier) {
    case kontor::recommendations::v1::TIER_PERSONAL:
      return "personal";
    case kontor::recommendations::v1::TIER_CONTEXT:
      return "popular in context";
    case kontor::recommendations::v1::TIER_POPULAR:
      return "popular everywhere";
    default:
      return "no model yet";
  }
}

}  // namespace

std::string Grouped(int64_t number) { return base::FormatRounded(absl::int128(number) * base::Decimal::kOne, 0); }

std::string Show(const KpiValue& value) {
  switch (value.value_case()) {
    case KpiValue::kMoney:
      return base::FormatRounded(Nanos(value.money()), 2);
    case KpiValue::kCount:
      return Grouped(value.count());
    case KpiValue::kQuantity:
      return base::FormatRounded(Nanos(value.quantity()), 0);
    case KpiValue::kRatio:
      return absl::StrFormat("%.2f%%", value.ratio() * 100);
    default:
      return "–";
  }
}

std::string Show(const kontor::analytics::v1::QueryKpisResponse& response) {
  std::vector<std::string> header(response.key_columns().begin(), response.key_columns().end());
  for (int m = 0; m < response.metric_columns_size(); ++m) {
    std::string name = response.metric_columns(m);
    if (response.totals().values_size() > m && response.totals().values(m).has_money()) {
      absl::StrAppend(&name, " ", response.totals().values(m).money().currency_code());
    }
    header.push_back(std::move(name));
  }
  TextTable table(std::move(header));
  for (const auto& row : response.rows()) {
    std::vector<std::string> cells;
    for (const std::string& key : row.keys()) cells.push_back(key.empty() ? "(none)" : key);
    for (const KpiValue& value : row.values()) cells.push_back(Show(value));
    table.Add(std::move(cells));
  }
  if (response.key_columns_size() > 0) {
    std::vector<std::string> cells(response.key_columns_size());
    cells[0] = "total";
    for (const KpiValue& value : response.totals().values()) cells.push_back(Show(value));
    table.Add(std::move(cells));
  }
  return table.Text();
}

std::string Show(const RecommendResponse& response) {
  TextTable table({"#", "product", "title", "why"});
  int number = 0;
  for (const auto& item : response.recommendations()) {
    std::string title = item.title();
    if (!item.category().empty()) absl::StrAppend(&title, title.empty() ? "" : " · ", item.category());
    table.Add({absl::StrCat(++number), item.product_id(), std::move(title),
               item.reasons().empty() ? "" : item.reasons(0).text()});
  }
  std::string text = table.Text(2, 64);
  absl::StrAppend(&text, "  from: ", TierName(response.tier()),
                  response.degraded() ? absl::StrCat("; degraded: ", response.degraded_reason()) : "", "\n");
  return text;
}

std::string Show(const std::vector<kontor::ingest::v1::Import>& imports) {
  const auto short_name = [](const kontor::ingest::v1::Import& import) {
    return import.name().substr(import.name().rfind('/') + 1);
  };
  TextTable table({"import", "rows", "events", "duplicates", "refused events", "refused rows", "state"});
  TextTable reasons({"import", "refused because", "times", "for example"});
  bool any = false;
  for (const auto& import : imports) {
    table.Add({short_name(import), Grouped(import.rows_read()), Grouped(import.accepted_events()),
               Grouped(import.duplicate_events()), Grouped(import.refused_events()), Grouped(import.refused_rows()),
               import.state() == kontor::ingest::v1::Import::STATE_DONE ? "done" : "running"});
    for (const auto& reason : import.refused_by_reason()) {
      reasons.Add({short_name(import), reason.reason(), Grouped(reason.count()), reason.example()});
      any = true;
    }
  }
  return any ? absl::StrCat(table.Text(2, 60), "\n", reasons.Text(2, 80)) : table.Text(2, 60);
}

}  // namespace kontor::ctl
