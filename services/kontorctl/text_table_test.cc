#include "services/kontorctl/text_table.h"

#include "gtest/gtest.h"
#include "services/kontorctl/arguments.h"
#include "services/kontorctl/display.h"
#include "services/kontorctl/progress_bar.h"

namespace kontor::ctl {
namespace {

TEST(TextTableTest, WordsLeftNumbersRightLongCellsCut) {
  TextTable table({"name", "sum"});
  table.Add({"tea", "1,200.50"});
  table.Add({"a very long name", "–"});
  EXPECT_EQ(table.Text(0, 8),
            "name           sum\n"
            "──────────────────\n"
            "tea       1,200.50\n"
            "a very …         –\n");
}

TEST(ProgressBarTest, TellsRateAndTheTimeThatIsLeft) {
  const std::string line = ProgressBar::Line({"orders.csv orders", 50'000, 7, 0.25}, 10);
  EXPECT_NE(line.find("25%  50,000 rows  5,000 rows/s  0:30 left  7 refused"), std::string::npos) << line;
}

TEST(ArgumentsTest, OptionsSwitchesAndWords) {
  const auto arguments = Arguments::Parse({"a", "--by", "country,day", "--limit=3", "--all"}, {"by", "limit"}, {"all"});
  ASSERT_TRUE(arguments.ok());
  EXPECT_EQ(arguments->words(), std::vector<std::string>{"a"});
  EXPECT_EQ(arguments->List("by"), (std::vector<std::string>{"country", "day"}));
  EXPECT_EQ(*arguments->Int("limit", 0), 3);
  EXPECT_TRUE(arguments->Has("all"));
  EXPECT_FALSE(Arguments::Parse({"--nope"}, {"by"}, {}).ok());
  EXPECT_FALSE(Arguments::Parse({"--by"}, {"by"}, {}).ok());
}

TEST(DisplayTest, Values) {
  kontor::analytics::v1::KpiValue value;
  EXPECT_EQ(Show(value), "–");
  value.set_ratio(0.0314);
  EXPECT_EQ(Show(value), "3.14%");
  value.mutable_money()->set_units(-1234);
  value.mutable_money()->set_nanos(-565'000'000);
  EXPECT_EQ(Show(value), "-1,234.57");
}

}  // namespace
}  // namespace kontor::ctl
