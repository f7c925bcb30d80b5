#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/random.h"
#include "libs/testing/seed.h"
#include "services/search/catalogue_state.h"
#include "services/search/opensearch_document.h"
#include "services/search/opensearch_test_index.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class OpenSearchDocumentTest : public ::testing::Test {
 protected:
  Json Document(const OpenSearchTestIndex& index, const std::string& id) const {
    return Json::parse(
        index.Must("GET", absl::StrCat("/", index.alias(), "/_doc/", opensearch::EscapePath(id)), ""))["_source"];
  }
  std::vector<std::string> Found(const OpenSearchTestIndex& index, const Json& query) const {
    const Json answer = Json::parse(
        index.Must("POST", absl::StrCat("/", index.alias(), "/_search"), Json{{"query", query}, {"size", 100}}.dump()));
    std::vector<std::string> ids;
    for (const Json& hit : answer["hits"]["hits"]) ids.push_back(hit["_id"]);
    return ids;
  }
  std::vector<std::string> Found(const OpenSearchTestIndex& index, const std::string& field,
                                 const std::string& phrase) const {
    return Found(index, Json{{"match_phrase", {{field, phrase}}}});
  }

  const std::unique_ptr<text::Analyzer> analyzer_ = *text::Analyzer::Create({});
};

TEST_F(OpenSearchDocumentTest, NamesAreSafe) {
  EXPECT_EQ(OpenSearchAlias("toys"), "kontor-toys");
  EXPECT_EQ(NumberField("Weight_kg"), "num.Weight_kg");
  EXPECT_EQ(NumberField("a.b c"), "num.a%2Eb%20c");
  EXPECT_EQ(NumberField(""), "num.%");
  EXPECT_EQ(AttributeKey("color", "red"), "color\x1fred");
  EXPECT_EQ(TermField(Field::kDescription), "t_description");
}

TEST_F(OpenSearchDocumentTest, FormsOfAPlaceMatchAtThatPlaceAndValuesAreApart) {
  const OpenSearchTestIndex index("phrases");
  Product product;
  product.id = "P/1";
  product.title = "SC-141 cordless drill";
  product.category_path = {"Power Tools", "Drills"};
  product.attributes = {{"color", "deep red", 0, false}, {"width", "2.5", 2.5, true}};
  product.codes = {"0012345"};
  index.Add(*analyzer_, product, {.price_micros = 5, .stock = 2, .popularity = 3, .margin_share = .5F});
  EXPECT_THAT(Found(index, "t_title", "sc141 cordless drill"), ElementsAre("P/1"));
  EXPECT_THAT(Found(index, "t_title", "141 cordless"), ElementsAre("P/1"));
  EXPECT_THAT(Found(index, "t_title", "sc cordless"), ElementsAre("P/1"));
  EXPECT_THAT(Found(index, "t_title", "sc141 drill"), IsEmpty());
  EXPECT_THAT(Found(index, "t_title", "sc 141"), IsEmpty());  // both stand at one place
  EXPECT_THAT(Found(index, "t_category", "power tool"), ElementsAre("P/1"));
  EXPECT_THAT(Found(index, "t_category", "tool drill"), IsEmpty());
  EXPECT_THAT(Found(index, Json{{"term",
                                 {{"category",
                                   "Power Tools\x1f"
                                   "Drills"}}}}),
              ElementsAre("P/1"));
  EXPECT_THAT(Found(index, Json{{"term",
                                 {{"attr",
                                   "color\x1f"
                                   "deep red"}}}}),
              ElementsAre("P/1"));
  EXPECT_THAT(Found(index, Json{{"range", {{"num.width", {{"gt", 2.4}, {"lt", 2.6}}}}}}), ElementsAre("P/1"));
  EXPECT_THAT(Found(index, Json{{"term", {{"group", "\x1fP/1"}}}}), ElementsAre("P/1"));
  EXPECT_THAT(Found(index, Json{{"range", {{"price", {{"gte", 5}, {"lte", 5}}}}}}), ElementsAre("P/1"));
}

TEST_F(OpenSearchDocumentTest, ScoresAreBm25AsTheFieldIsConfigured) {
  const OpenSearchTestIndex index("scores");
  for (const auto& [id, title] : {std::pair("a", "drill"), {"b", "drill saw hammer"}, {"c", "glove"}}) {
    Product product;
    product.id = id;
    product.title = title;
    index.Add(*analyzer_, product, {});
  }
  const Json answer =
      Json::parse(index.Must("POST", "/kontor-scores/_search", R"({"query":{"term":{"t_title":"drill"}}})"));
  // Robertson, Zaragoza (2009) with k1 .3, b .9: idf ln(1 + 1.5/2.5), average length 5/3.
  const double idf = std::log(1 + 1.5 / 2.5);
  const auto score = [&](double length) { return idf * 1.3 / (1 + .3 * (.1 + .9 * length / (5.0 / 3))); };
  ASSERT_EQ(answer["hits"]["hits"].size(), 2);
  EXPECT_EQ(answer["hits"]["hits"][0]["_id"], "a");
  EXPECT_NEAR(answer["hits"]["hits"][0]["_score"].get<double>(), score(1), 1e-5);
  EXPECT_NEAR(answer["hits"]["hits"][1]["_score"].get<double>(), score(3), 1e-5);
}

TEST_F(OpenSearchDocumentTest, VectorsAreFoundByCosine) {
  const OpenSearchTestIndex index("vectors", 3);
  const std::vector<std::vector<float>> vectors = {{1, 0, 0}, {0, 1, 0}, {.6F, .8F, 0}};
  std::string actions;
  for (size_t i = 0; i < vectors.size(); ++i) {
    Product product;
    product.id = absl::StrCat(i);
    absl::StrAppend(&actions, "{\"index\":{\"_id\":\"", i, "\"}}\n", DocumentJson(*analyzer_, product, {}, vectors[i]),
                    "\n");
  }
  index.Write(actions);
  EXPECT_THAT(Found(index, Json{{"knn", {{"vector", {{"vector", {0.1, 1, 0}}, {"k", 2}}}}}}), ElementsAre("1", "2"));
}

// Records of a few products: topics in any order, each in its own; in pieces of any size, and some of them again.
struct Story {
  std::vector<DecodedRecord> catalogue, prices, stock;
};

Story MakeStory(base::Random& random, const std::string& product) {
  Story story;
  for (int64_t revision = 0; revision < 4; ++revision) {
    catalogue::ProductSnapshot snapshot;
    snapshot.product = product;
    snapshot.revision = revision;
    snapshot.removed = random.Below(4) == 0;
    if (!snapshot.removed) {
      snapshot.title = absl::StrCat("title ", revision);
      if (random.Below(2) == 0) snapshot.brand = "Acme";
    }
    story.catalogue.push_back({"x", absl::UnixEpoch(), "", snapshot});
    catalogue::PriceSnapshot price;
    price.product = product;
    price.currency = random.Below(3) == 0 ? "USD" : "EUR";
    price.revision = revision;
    price.price = {static_cast<int64_t>(random.Below(1000)) * 1'000'000'000};
    if (random.Below(2) == 0) price.cost = base::Decimal{500'000'000};
    story.prices.push_back({"x", absl::UnixEpoch(), "", price});
    const std::string location = absl::StrCat("l", random.Below(2));
    if (random.Below(2) == 0) {
      const absl::Time at = absl::FromUnixSeconds(1'700'000'000 + 10 * revision);  // later counts, higher revisions
      const base::Decimal free{static_cast<int64_t>(random.Below(50)) * 1'000'000'000};
      story.stock.push_back({"x", at, "", catalogue::StockLevel{product, location, revision, 0, free, at}});
    } else {
      const absl::Time at = absl::FromUnixSeconds(1'700'000'000 + static_cast<int64_t>(random.Below(40)));
      const base::Decimal change{(static_cast<int64_t>(random.Below(20)) - 10) * 1'000'000'000};
      const std::string id = absl::StrCat("c", random.Below(2));
      story.stock.push_back({"x", at, "", catalogue::StockChange{product, location, id, revision, 0, change, at}});
    }
  }
  return story;
}

// The topic's records in order, some of them from an earlier place on once more.
std::vector<const DecodedRecord*> Delivered(base::Random& random, const std::vector<DecodedRecord>& topic) {
  std::vector<const DecodedRecord*> delivered;
  for (const DecodedRecord& record : topic) delivered.push_back(&record);
  const size_t from = random.Below(topic.size());
  for (size_t i = from; i < topic.size(); ++i) delivered.push_back(&topic[i]);
  return delivered;
}

void ExpectFolded(const Story& story, const std::string& product, const Json& document) {
  CatalogueState state;
  const catalogue::ProductSnapshot* last = nullptr;
  for (const auto* topic : {&story.catalogue, &story.prices, &story.stock}) {
    for (const DecodedRecord& record : *topic) {
      std::visit(
          [&](const auto& content) {
            if constexpr (requires { state.Apply(content); }) state.Apply(content);
          },
          record.content);
      if (const auto* snapshot = std::get_if<catalogue::ProductSnapshot>(&record.content)) last = snapshot;
    }
  }
  const CatalogueState::Row& row = *state.Find(product);
  EXPECT_EQ(document["gone"], row.removed);
  EXPECT_EQ(document["id"], product);
  EXPECT_EQ(document.contains("title"), !row.removed);
  EXPECT_EQ(document.value("title", ""), last->title);
  EXPECT_EQ(document.value("brand", ""), last->brand);
  const CatalogueState::Price* euros = nullptr;
  for (const CatalogueState::Price& price : row.prices) {
    if (price.currency == "EUR") euros = &price;
  }
  EXPECT_EQ(document.value("price", int64_t{-1}), euros == nullptr ? -1 : euros->price.nanos / 1000);
  EXPECT_EQ(document["currency"], "EUR");
  const bool margin = euros != nullptr && euros->cost.has_value() && euros->price.nanos > 0;
  const double share = margin ? std::max(0.0, 1 - 500'000'000.0 / static_cast<double>(euros->price.nanos)) : 0;
  EXPECT_NEAR(document.value("margin_share", -1.0), share, 1e-9);
  const std::optional<int64_t> free = row.stock.Free();
  EXPECT_EQ(document.contains("stock"), free.has_value());
  const double pieces = free.has_value() ? std::max(0.0, static_cast<double>(*free) / 1e9) : -1;
  EXPECT_NEAR(document.value("stock", -1.0), pieces, 1e-9);
}

TEST_F(OpenSearchDocumentTest, FoldsAsTheOwnEngineDoesWhateverComesTwiceOrFirst) {
  const OpenSearchTestIndex index("folds");
  base::Random random(kontor::testing::Seed());
  for (int round = 0; round < 40; ++round) {
    const std::string product = absl::StrCat("p", round);
    const Story story = MakeStory(random, product);
    std::vector<std::vector<const DecodedRecord*>> topics = {
        Delivered(random, story.catalogue), Delivered(random, story.prices), Delivered(random, story.stock)};
    std::string actions;
    while (!topics.empty()) {
      const size_t topic = random.Below(topics.size());
      const size_t count = 1 + random.Below(topics[topic].size());
      std::vector<ProductChange> changes;
      for (size_t i = 0; i < count; ++i) changes.push_back({topics[topic][i]});
      actions += FoldAction(*analyzer_, product, changes, "EUR");
      topics[topic].erase(topics[topic].begin(), topics[topic].begin() + static_cast<ptrdiff_t>(count));
      if (topics[topic].empty()) topics.erase(topics.begin() + static_cast<ptrdiff_t>(topic));
    }
    index.Write(actions);
    ExpectFolded(story, product, Document(index, product));
    if (HasFailure()) FAIL() << Document(index, product).dump(1);
  }
}

TEST_F(OpenSearchDocumentTest, PricesFollowTheCurrencyAndPopularityStays) {
  const OpenSearchTestIndex index("currency");
  const auto priced = [&](const std::string& product, const std::string& currency, int64_t units, int64_t revision) {
    catalogue::PriceSnapshot price;
    price.product = product;
    price.currency = currency;
    price.revision = revision;
    price.price = {units * 1'000'000'000};
    const DecodedRecord record{"x", absl::UnixEpoch(), "", price};
    const ProductChange change{&record};
    return FoldAction(*analyzer_, product, {change}, "");
  };
  index.Write(priced("a", "EUR", 1, 0) + priced("a", "USD", 2, 0) + priced("b", "USD", 3, 0) +
              PopularityAction("a", 7));
  EXPECT_EQ(Document(index, "a")["price"], 1'000'000);  // the first that came
  EXPECT_EQ(Document(index, "b")["price"], 3'000'000);
  index.Must("POST", "/kontor-currency/_update_by_query?refresh=true", RepriceBody("USD"));
  EXPECT_EQ(Document(index, "a")["price"], 2'000'000);
  EXPECT_EQ(Document(index, "a")["currency"], "USD");
  index.Must("POST", "/kontor-currency/_update_by_query?refresh=true", RepriceBody("EUR"));
  EXPECT_EQ(Document(index, "a")["price"], 1'000'000);
  EXPECT_FALSE(Document(index, "b").contains("price"));
  EXPECT_EQ(Json::parse(index.Must("POST", "/kontor-currency/_update_by_query", RepriceBody("EUR")))["total"], 0);
  index.Write(priced("a", "EUR", 9, 1));
  EXPECT_EQ(Document(index, "a")["popularity"], 7);
  index.Write(PopularityAction("unknown", 2));
  EXPECT_EQ(Document(index, "unknown")["popularity"], 2);
  EXPECT_EQ(Document(index, "unknown")["gone"], true);
  EXPECT_EQ(Document(index, "a")["gone"], true);  // nobody has told what it is
}

TEST_F(OpenSearchDocumentTest, AnyBytesAreAText) {
  const OpenSearchTestIndex index("bytes");
  Product product;
  product.id = "b";
  product.title = "\xff\xfe broken \x01 title \"quoted\" " + std::string(100'000, 'x');
  product.brand = std::string(40'000, 'y');
  product.attributes = {{"", "", 1, true}, {"a.b", "c", 0, false}};
  index.Add(*analyzer_, product, {});
  EXPECT_THAT(Found(index, "t_title", "broken titl"), ElementsAre("b"));
}

}  // namespace
}  // namespace kontor::search
