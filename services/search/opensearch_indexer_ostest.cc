#include <fstream>
#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/search/opensearch_indexer.h"
#include "services/search/opensearch_test_index.h"
#include "services/search/sentence_files.h"
#include "services/search/test_process.h"

namespace kontor::search {
namespace {

using Json = nlohmann::json;
using kontor::testing::Eventually;
using kontor::testing::IsOk;
using kontor::testing::IsOkAndHolds;
using kontor::testing::PrivateOpenSearch;
using kontor::testing::StatusIs;
using ::testing::SizeIs;

// A process with the log's follower and the indexer, without the service's calls.
class IndexingProcess {
 public:
  IndexingProcess(const std::string& dsn, const std::string& models, const std::string& shop,
                  const std::shared_ptr<const nn::SentenceEncoder>& sentences)
      : application_(1, arguments_), shop_(shop) {
    pool_ = &application_.Own(*postgres::Pool::Create({.dsn = dsn}));
    log_ = &application_.Own(*log::OpenPostgresEventLog(*pool_, base::SystemClock()));
    EXPECT_THAT(log_->CreateTopics(fleet::AllTopics(2)), IsOk());
    auto& registry = application_.Own(
        std::make_unique<registry::Registry>(*registry::Registry::Open({models}, base::SystemClock())));
    fleet::OpenSearchConfig config;
    config.client.url = PrivateOpenSearch::Shared().url();
    fleet_ = std::make_unique<fleet::Fleet>(fleet::Fleet{application_,
                                                         application_.MakeServer({}),
                                                         *pool_,
                                                         *log_,
                                                         nullptr,
                                                         registry,
                                                         base::SystemClock(),
                                                         sealer_,
                                                         "",
                                                         {{shop, absl::UTCTimeZone()}},
                                                         "",
                                                         config});
    client_ = *opensearch::Client::Create(config.client);
    follower_ = *SearchFollower::Create(*fleet_, nullptr);
    EXPECT_THAT(follower_->Start(), IsOk());
    indexer_ = std::make_unique<OpenSearchIndexer>(*fleet_, *client_, *follower_, sentences);
    EXPECT_THAT(indexer_->Start(), IsOk());
  }

  std::vector<log::Position> Append(const std::string& topic, const std::vector<std::string>& records) {
    std::vector<log::NewRecord> batch;
    for (const std::string& bytes : records) batch.push_back({absl::StrCat(shop_, "/", batch.size()), bytes});
    const auto positions = log_->Append(topic, batch);
    EXPECT_THAT(positions, IsOk());
    return *positions;
  }
  // Waits until all of it can be found.
  absl::Status Apply(const std::string& topic, const std::vector<std::string>& records) {
    return Wait(Append(topic, records));
  }
  absl::Status Wait(const std::vector<log::Position>& positions) const {
    for (const log::Position& position : positions) {
      absl::Status status;  // before the node was reached there is nothing to wait with
      const bool applied = Eventually(
          [&] {
            status = indexer_->WaitUntilApplied(position, absl::Seconds(1));
            return status.ok();
          },
          absl::Seconds(60));
      if (!applied) return status;
    }
    return absl::OkStatus();
  }

  // Ids of what a query finds, or the error.
  std::vector<std::string> Search(const Json& query) const {
    const auto answer = client_->Send("POST", absl::StrCat("/", OpenSearchAlias(shop_), "/_search"),
                                      Json{{"size", 10'000}, {"_source", false}, {"query", query}}.dump(),
                                      absl::Now() + absl::Seconds(10));
    if (!answer.ok()) return {std::string(answer.status().message())};
    std::vector<std::string> ids;
    const Json found = Json::parse(*answer);
    for (const Json& hit : found["hits"]["hits"]) ids.push_back(hit["_id"]);
    return ids;
  }
  std::vector<std::string> Living() const { return Search({{"term", {{"gone", false}}}}); }
  // The index behind the alias.
  std::string Index() const {
    const auto answer =
        client_->Send("GET", absl::StrCat("/_alias/", OpenSearchAlias(shop_)), "", absl::Now() + absl::Seconds(10));
    const Json named = Json::parse(answer.value_or("{}"));
    return named.empty() ? "" : named.begin().key();
  }
  Json Document(const std::string& id) const {
    const auto answer = client_->Send("GET", absl::StrCat("/", OpenSearchAlias(shop_), "/_doc/", id), "",
                                      absl::Now() + absl::Seconds(10));
    return answer.ok() ? Json::parse(*answer)["_source"] : Json::object();
  }
  postgres::Pool& pool() { return *pool_; }
  OpenSearchIndexer& indexer() { return *indexer_; }
  const opensearch::Client& client() const { return *client_; }

 private:
  static constexpr const char* arguments_[] = {"test"};
  fleet::PlainSealer sealer_;
  runtime::Application application_;
  const std::string shop_;
  postgres::Pool* pool_ = nullptr;
  log::EventLog* log_ = nullptr;
  std::unique_ptr<fleet::Fleet> fleet_;
  std::unique_ptr<opensearch::Client> client_;
  std::unique_ptr<SearchFollower> follower_;
  std::unique_ptr<OpenSearchIndexer> indexer_;
};

template <typename Payload>
std::string RecordOf(const std::string& shop, const Payload& payload) {
  ev::EventRecord record;
  record.ParseFromString(RecordBytes(payload));
  record.set_shop(shop);
  return record.SerializeAsString();
}

std::vector<std::string> ManyProducts(const std::string& shop, int from, int to) {
  std::vector<std::string> records;
  for (int i = from; i < to; ++i) {
    records.push_back(RecordOf(shop, Upserted({absl::StrCat("P", i), absl::StrCat("Drill number ", i), "Bosch"})));
  }
  return records;
}

class OpenSearchIndexerTest : public ::testing::Test {
 protected:
  std::unique_ptr<IndexingProcess> Start(const std::string& shop,
                                         const std::shared_ptr<const nn::SentenceEncoder>& sentences = nullptr) {
    return std::make_unique<IndexingProcess>(dsn_, folder_.File("models"), shop, sentences);
  }
  const std::string dsn_ = kontor::testing::PrivatePostgres::Shared().CreateDatabase();
  const kontor::testing::TemporaryFolder folder_{"kontor-indexer"};
};

TEST_F(OpenSearchIndexerTest, WhatTheLogSaysCanBeFound) {
  const auto process = Start("says");
  ev::ProductRemoved removed;
  removed.set_product_id("P2");
  removed.set_revision(5);
  ASSERT_THAT(process->Apply("inventory", {RecordOf("says", StockOf("P1", 3))}), IsOk());  // before its product
  ASSERT_THAT(process->Apply("catalog", ManyProducts("says", 0, 4)), IsOk());
  ASSERT_THAT(process->Apply("catalog", {RecordOf("says", PriceOf("P1", 12)), RecordOf("says", removed)}), IsOk());
  EXPECT_THAT(process->Living(), ::testing::UnorderedElementsAre("P0", "P1", "P3"));
  const Json product = process->Document("P1");
  EXPECT_EQ(product["title"], "Drill number 1");
  EXPECT_EQ(product["stock"], 3);
  EXPECT_EQ(product["price"], 12'000'000);
  EXPECT_THAT(process->indexer().Ready(), IsOk());
  EXPECT_EQ(process->indexer().dimensions(), 0);
}

TEST_F(OpenSearchIndexerTest, WhatCannotBeReadGoesToTheDeadLettersAndTheRestOn) {
  const auto process = Start("letters");
  std::vector<std::string> records = {"no record", RecordOf("elsewhere", Upserted({"X", "Elsewhere"}))};
  records.push_back(RecordOf("letters", Upserted({"P0", "Fine"})));
  ASSERT_THAT(process->Apply("catalog", records), IsOk());
  EXPECT_THAT(process->Living(), ::testing::ElementsAre("P0"));
  const auto rows = process->pool().Exec("SELECT reason FROM search_opensearch.dead_letters ORDER BY reason");
  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->rows(), 2);
  EXPECT_EQ(rows->Text(0, 0), "RECORD_BROKEN");
  EXPECT_EQ(rows->Text(1, 0), "SHOP_UNKNOWN");
}

// More numeric attributes than an index may have fields: those of one product alone are refused.
TEST_F(OpenSearchIndexerTest, WhatTheNodeRefusesIsTheOnlyThingLost) {
  const auto process = Start("refuses");
  ev::ProductUpserted refused = Upserted({"R", "Refused"});
  for (int i = 0; i < 11'000; ++i) {
    auto& attribute = *refused.add_attributes();
    attribute.set_name(absl::StrCat("n", i));
    attribute.mutable_number()->mutable_value()->set_units(i);
  }
  ev::PriceSet price = PriceOf("R", 3);
  ASSERT_THAT(process->Apply("catalog", {RecordOf("refuses", refused), RecordOf("refuses", price),
                                         RecordOf("refuses", Upserted({"P", "Fine"}))}),
              IsOk());
  EXPECT_THAT(process->Living(), ::testing::ElementsAre("P"));
  EXPECT_EQ(process->Document("R")["price"], 3'000'000);
  const auto rows = process->pool().Exec("SELECT reason, description FROM search_opensearch.dead_letters");
  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->rows(), 1);
  EXPECT_EQ(rows->Text(0, 0), "NODE_REFUSED");
  EXPECT_THAT(std::string(rows->Text(0, 1)), ::testing::HasSubstr("10000"));
}

TEST_F(OpenSearchIndexerTest, TheNodesDeathLosesNothing) {
  const auto process = Start("death");
  ASSERT_THAT(process->Apply("catalog", ManyProducts("death", 0, 1)), IsOk());
  std::vector<log::Position> last;
  for (int i = 0; i < 10; ++i) {
    last = process->Append("catalog", ManyProducts("death", 400 * i, 400 * (i + 1)));
    if (i == 4) PrivateOpenSearch::Shared().Kill();
  }
  EXPECT_THAT(process->indexer().WaitUntilApplied(last.back(), absl::Milliseconds(300)),
              StatusIs(absl::StatusCode::kUnavailable));
  PrivateOpenSearch::Shared().Restart();
  ASSERT_THAT(process->Wait(last), IsOk());
  EXPECT_THAT(process->Living(), SizeIs(4000));
  const auto rows = process->pool().Exec("SELECT 1 FROM search_opensearch.dead_letters");
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(rows->rows(), 0);
}

TEST_F(OpenSearchIndexerTest, AProcessThatDiesAndComesBackGoesOn) {
  std::vector<log::Position> last;
  {
    const auto process = Start("again");
    last = process->Append("catalog", ManyProducts("again", 0, 3000));
    ASSERT_TRUE(Eventually([&] { return !process->Document("P0").empty(); }));
  }
  const auto process = Start("again");
  ASSERT_THAT(process->Wait(last), IsOk());
  EXPECT_THAT(process->Living(), SizeIs(3000));
}

TEST_F(OpenSearchIndexerTest, AnIndexThatIsGoneIsFilledFromTheBegin) {
  const auto process = Start("rebuilt");
  const std::vector<log::Position> last = process->Append("catalog", ManyProducts("rebuilt", 0, 50));
  ASSERT_THAT(process->Wait(last), IsOk());
  ASSERT_THAT(process->client().Send("DELETE", "/" + process->Index(), "", absl::Now() + absl::Seconds(10)), IsOk());
  EXPECT_TRUE(Eventually([&] { return process->Living().size() == 50; }, absl::Seconds(20)));
}

// One of other mappings, and one of the same that is named by them alone: another script may have folded it.
TEST_F(OpenSearchIndexerTest, AnIndexOfAnotherLayoutIsMadeAnew) {
  auto client = opensearch::Client::Create({PrivateOpenSearch::Shared().url()});
  ASSERT_THAT(client, IsOk());
  const std::string mappings = IndexDefinition(ServingSettings(), {"en", 0});
  for (const std::string& old :
       {std::string("old"), absl::StrCat(absl::Hex(base::StableHash(mappings), absl::kZeroPad16))}) {
    const std::string index = absl::StrCat("/kontor-layout-", old);
    ASSERT_THAT((*client)->Send("PUT", index, R"({"aliases":{"kontor-layout":{}}})", absl::Now() + absl::Seconds(10)),
                IsOk());
    const auto process = Start("layout");
    ASSERT_THAT(process->Apply("catalog", ManyProducts("layout", 0, 5)), IsOk());
    EXPECT_THAT(process->Living(), SizeIs(5));
    EXPECT_THAT((*client)->Send("GET", index, "", absl::Now() + absl::Seconds(10)),
                StatusIs(absl::StatusCode::kNotFound));
  }
}

TEST_F(OpenSearchIndexerTest, PopularitiesThatMoveAreWritten) {
  const auto process = Start("popular");
  ASSERT_THAT(process->Apply("catalog", ManyProducts("popular", 0, 1)), IsOk());
  ev::ProductViewed viewed;
  viewed.set_product_id("P0");
  process->Append("behavior", {RecordOf("popular", viewed), RecordOf("popular", viewed)});
  const auto is_written = [&] { return process->Document("P0").value("popularity", 0.0) == 2; };
  EXPECT_TRUE(Eventually(is_written));
  ASSERT_THAT(process->client().Send("DELETE", "/" + process->Index(), "", absl::Now() + absl::Seconds(10)), IsOk());
  EXPECT_TRUE(Eventually(is_written));  // into the one that was made in its place
}

TEST_F(OpenSearchIndexerTest, PricesAreChosenByTheShopsCurrencyWhoeverWroteThem) {
  const auto process = Start("priced");
  ASSERT_THAT(process->Apply("catalog", {RecordOf("priced", PriceOf("P0", 9))}), IsOk());  // euros
  const absl::StatusOr<DecodedRecord> record = DecodeRecord(RecordOf("priced", PriceOf("P1", 7)));
  ASSERT_THAT(record, IsOk());
  const ProductChange change{&*record};
  const auto statuses = opensearch::Bulk(process->client(), process->Index() + "-writes",
                                         FoldAction(**text::Analyzer::Create({}), "P1", {change}, "USD"),
                                         absl::Now() + absl::Seconds(10));
  ASSERT_THAT(statuses, IsOkAndHolds(::testing::ElementsAre(IsOk())));
  EXPECT_TRUE(Eventually([&] { return process->Document("P1").value("price", 0) == 7'000'000; }));
  EXPECT_EQ(process->Document("P1")["currency"], "EUR");
}

TEST_F(OpenSearchIndexerTest, TitlesHaveTheEncodersVectors) {
  const std::shared_ptr<const nn::SentenceEncoder> sentences = LoadSentenceEncoder("var/models/all-minilm-l6-v2");
  if (sentences == nullptr) GTEST_SKIP() << "the sentence encoder is not installed";
  const auto process = Start("meant", sentences);
  ASSERT_THAT(process->Apply("catalog", {RecordOf("meant", Upserted({"S", "Sofa with three seats"})),
                                         RecordOf("meant", Upserted({"D", "Cordless drill"})),
                                         RecordOf("meant", Upserted({"N", ""}))}),
              IsOk());
  EXPECT_EQ(process->indexer().dimensions(), nn::SentenceEncoder::kDimensions);
  std::vector<float> couch(nn::SentenceEncoder::kDimensions);
  ASSERT_THAT(sentences->Encode({"couch"}, absl::MakeSpan(couch)), IsOk());
  EXPECT_THAT(process->Search(Json{{"knn", {{"vector", {{"vector", couch}, {"k", 2}}}}}}),
              ::testing::ElementsAre("S", "D"));
  EXPECT_FALSE(process->Document("N").contains("vector"));
}

}  // namespace
}  // namespace kontor::search
