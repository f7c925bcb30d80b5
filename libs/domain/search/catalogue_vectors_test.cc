#include "libs/domain/search/catalogue_vectors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

constexpr uint32_t kDimensions = 12;

// Titles of topics: a topic's words stand together, "and" everywhere.
std::vector<std::vector<std::string>> Titles(size_t count, uint64_t seed) {
  base::Random random(seed);
  std::vector<std::vector<std::string>> out(count);
  for (auto& title : out) {
    const uint64_t topic = random.Below(12);
    title.push_back("and");
    for (int i = 0; i < 5; ++i) title.push_back(absl::StrCat("t", topic, "w", random.Below(8)));
  }
  return out;
}

CatalogueVectorOptions Small() {
  CatalogueVectorOptions options;
  options.dimensions = kDimensions;
  return options;
}

float Cosine(const CatalogueEncoder& encoder, const std::vector<WeighedTerm>& a, const std::vector<WeighedTerm>& b) {
  std::vector<float> x(kDimensions), y(kDimensions);
  EXPECT_TRUE(encoder.Encode(a, absl::MakeSpan(x)).ok());
  EXPECT_TRUE(encoder.Encode(b, absl::MakeSpan(y)).ok());
  float sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

TEST(CatalogueVectorsTest, WordsOfOneTopicAreNear) {
  const auto encoder = CatalogueEncoder::Train(Titles(2'000, 3), {}, Small());
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  EXPECT_EQ(encoder->terms(), 97u);
  EXPECT_NEAR(Cosine(*encoder, {{"t1w1"}}, {{"t1w1"}}), 1, 1e-5);
  for (int topic = 0; topic < 12; ++topic) {
    const std::string a = absl::StrCat("t", topic, "w1"), b = absl::StrCat("t", topic, "w2");
    const std::string other = absl::StrCat("t", (topic + 1) % 12, "w1");
    EXPECT_GT(Cosine(*encoder, {{a}}, {{b}}), 0.6);
    EXPECT_LT(Cosine(*encoder, {{a}}, {{other}}), 0.4);
    EXPECT_GT(Cosine(*encoder, {{a}, {"and"}}, {{b}}), 0.5);  // what stands everywhere counts little
  }
  EXPECT_EQ(Cosine(*encoder, {{"unknown"}}, {{"t1w1"}}), 0);
  EXPECT_GT(Cosine(*encoder, {{"t1w1"}, {"t2w1", 0.1F}}, {{"t1w1"}}),
            Cosine(*encoder, {{"t1w1"}, {"t2w1"}}, {{"t1w1"}}));
}

TEST(CatalogueVectorsTest, ClicksPullQueriesToProducts) {
  const auto titles = Titles(2'000, 5);
  std::vector<QueryClick> clicks;
  for (uint32_t title = 0; title < titles.size(); ++title) {
    if (titles[title][1].substr(0, 3) == "t3w") clicks.push_back({{"t7w1"}, title, 5});
  }
  const auto without = CatalogueEncoder::Train(titles, {}, Small());
  const auto with = CatalogueEncoder::Train(titles, clicks, Small());
  ASSERT_TRUE(without.ok() && with.ok());
  EXPECT_GT(Cosine(*with, {{"t7w1"}}, {{"t3w2"}}), Cosine(*without, {{"t7w1"}}, {{"t3w2"}}) + 0.2);
}

TEST(CatalogueVectorsTest, ReadsWhatItWroteAndIsTheSameForASeed) {
  const auto encoder = CatalogueEncoder::Train(Titles(500, 7), {}, Small());
  ASSERT_TRUE(encoder.ok());
  const std::string bytes = encoder->Save();
  EXPECT_EQ(CatalogueEncoder::Train(Titles(500, 7), {}, Small())->Save(), bytes);
  const auto read = CatalogueEncoder::Load(bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Save(), bytes);
  EXPECT_EQ(CatalogueEncoder::Load("x").status().code(), absl::StatusCode::kInvalidArgument);
  base::Random random(1);
  for (int i = 0; i < 200; ++i) {
    std::string changed = bytes;
    changed[random.Below(bytes.size())] ^= static_cast<char>(1 << random.Below(8));
    EXPECT_FALSE(CatalogueEncoder::Load(changed).ok());
  }
}

TEST(SoftMatcherTest, TakesTheNearestTermOfTheTitle) {
  const auto encoder = CatalogueEncoder::Train(Titles(2'000, 3), {}, Small());
  ASSERT_TRUE(encoder.ok());
  const std::vector<std::string> terms = {"t1w1", "t2w1", "t1w2", "unknown"};
  const std::vector<absl::string_view> query = {"t1w3", "unknown"};
  SoftMatcher matcher(*encoder, query);
  int asked = 0;
  const auto term_of = [&](uint32_t number) -> absl::string_view {
    ++asked;
    return terms[number];
  };
  std::vector<float> soft = {9};
  matcher.Match({0, 1, 3}, term_of, soft);
  ASSERT_EQ(soft.size(), 2u);
  EXPECT_NEAR(soft[0], encoder->Similarity("t1w3", "t1w1"), 1e-6);
  EXPECT_GT(soft[0], 0.6);
  EXPECT_EQ(soft[1], 0);
  matcher.Match({1, 0}, term_of, soft);
  EXPECT_EQ(asked, 3);  // once a term
  matcher.Match({}, term_of, soft);
  EXPECT_EQ(soft, std::vector<float>({0, 0}));
}

TEST(CatalogueVectorsTest, RefusesWhatIsWrong) {
  const auto code = [](const std::vector<std::vector<std::string>>& titles, const std::vector<QueryClick>& clicks,
                       const CatalogueVectorOptions& options) {
    return CatalogueEncoder::Train(titles, clicks, options).status().code();
  };
  EXPECT_EQ(code({}, {}, Small()), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code({{"a", "b"}}, {}, Small()), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(code(Titles(100, 1), {{{"x"}, 100}}, Small()), absl::StatusCode::kInvalidArgument);
  CatalogueVectorOptions options = Small();
  options.dimensions = 4;
  EXPECT_EQ(code(Titles(100, 1), {}, options), absl::StatusCode::kInvalidArgument);
  const auto encoder = CatalogueEncoder::Train(Titles(500, 7), {}, Small());
  std::vector<float> wrong(3);
  EXPECT_EQ(encoder->Encode({}, absl::MakeSpan(wrong)).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::search
