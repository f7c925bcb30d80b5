#include <cstdlib>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/csv.h"
#include "libs/domain/analytics/test_facts.h"
#include "libs/testing/status_matchers.h"

// The figures of UCI Online Retail (352), read as design/events.md says: C invoices are returns, A invoices
// adjustments, other lines of negative quantity stock corrections.
namespace kontor::analytics {
namespace {

using ::testing::ElementsAre;

std::string DataPath() {
  const char* const root = std::getenv("KONTOR_DATA_DIR");
  return absl::StrCat(root != nullptr ? root : "../shared/data", "/online-retail/online_retail.csv");
}

base::Decimal Absolute(base::Decimal value) { return {std::abs(value.nanos)}; }

// Columns: invoice, product, description, quantity, time, price, customer, country.
absl::Status AddRow(const std::vector<absl::string_view>& row, std::map<std::string, DocumentFact>& documents) {
  ASSIGN_OR_RETURN(const base::Decimal quantity, base::Decimal::Parse(row[3]));
  ASSIGN_OR_RETURN(const base::Decimal price, base::Decimal::Parse(row[5]));
  ASSIGN_OR_RETURN(base::Decimal amount, base::Multiply(quantity, price));
  DocumentKind kind = DocumentKind::kOrder;
  if (absl::StartsWith(row[0], "C")) {
    kind = DocumentKind::kReturn;
    amount = Absolute(amount);
  } else if (absl::StartsWith(row[0], "A")) {
    kind = DocumentKind::kAdjustment;
  } else if (quantity.nanos < 0) {
    kind = DocumentKind::kStockCorrection;
  }
  DocumentFact& fact = documents[absl::StrCat(row[0], static_cast<int>(kind))];
  if (fact.lines.empty()) {
    fact.kind = kind;
    fact.id = std::string(row[0]);
    fact.occurred_at = absl::InfiniteFuture();
    fact.customer = std::string(row[6]);
    fact.country = std::string(row[7]);
    fact.currency = "GBP";
    fact.imported = true;
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d %H:%M:%S", row[4], &time, &error)) return absl::InvalidArgumentError(error);
  fact.occurred_at = fact.received_at = std::min(fact.occurred_at, time);
  fact.lines.push_back({std::string(row[1]), Absolute(quantity), true, amount});
  return absl::OkStatus();
}

void Load(FactTable& table) {
  KONTOR_ASSERT_OK_AND_ASSIGN(base::CsvReader reader, base::CsvReader::Open(DataPath()));
  ASSERT_TRUE(reader.Next());  // the header
  std::map<std::string, DocumentFact> documents;
  while (reader.Next()) {
    ASSERT_EQ(reader.fields().size(), 8u) << "line " << reader.line();
    KONTOR_ASSERT_OK(AddRow(reader.fields(), documents)) << "line " << reader.line();
  }
  for (auto& [key, fact] : documents) ASSERT_EQ(table.Apply(std::move(fact)), Outcome::kApplied) << key;
}

TEST(OnlineRetail, PublishedFiguresComeOutExactly) {
  if (!base::CsvReader::Open(DataPath()).ok()) {
    GTEST_SKIP() << DataPath() << " is not there; set KONTOR_DATA_DIR to the folder with online-retail";
  }
  FactTable table(absl::UTCTimeZone());
  ASSERT_NO_FATAL_FAILURE(Load(table));
  EXPECT_EQ(table.Statistics().lines, 541'909);
  // A invoices: 11,062.06 once, −11,062.06 twice. C lines 9,288; negative lines besides 10,624 − 9,288 = 1,336, two of
  // the three A lines are negative in price, not in quantity.
  EXPECT_THAT(
      Print(table.Run(Ask({"net_revenue", "adjustments", "return_lines", "adjustment_lines", "stock_corrections"}))),
      ElementsAre(": 9747747.934 -11062.06 9288 3 1336", "total: 9747747.934 -11062.06 9288 3 1336"));
  // 4,338 customers bought something that cost more than nothing, one only had a free line.
  Query clean = Ask({"paid_lines", "revenue", "buyers"});
  clean.filters = {{"customer_kind", {"known"}}};
  EXPECT_THAT(Print(table.Run(clean)), ElementsAre(": 397884 8911407.904 4339", "total: 397884 8911407.904 4339"));
  Query daily = Ask({"net_revenue"}, {"country", "product"});
  daily.grain = Grain::kDay;
  const auto cells = table.Run(daily);
  KONTOR_ASSERT_OK(cells);
  absl::int128 sum = 0;
  for (size_t row = 0; row < cells->rows; ++row) sum += cells->metrics[0].At(row).exact;
  EXPECT_EQ(base::FormatDecimal(sum), "9747747.934");
}

}  // namespace
}  // namespace kontor::analytics
