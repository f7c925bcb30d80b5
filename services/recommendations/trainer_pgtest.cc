#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/domain/recommendations/recommend.h"
#include "libs/platform/log/consumer.h"
#include "libs/platform/log/memory_event_log.h"
#include "libs/testing/fake_clock.h"
#include "libs/testing/status_matchers.h"
#include "libs/testing/temporary_folder.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/behaviour_writer.h"
#include "services/recommendations/erasure_keeper.h"
#include "services/recommendations/model_handler.h"
#include "services/recommendations/model_keeper.h"
#include "services/recommendations/outcome_writer.h"
#include "services/recommendations/purchase_writer.h"
#include "services/recommendations/test_database.h"
#include "services/recommendations/test_model.h"
#include "services/recommendations/test_records.h"
#include "services/recommendations/trainer.h"

namespace kontor::recommendations {
namespace {

using kontor::testing::PrivatePostgres;
using kontor::testing::StatusIs;

bool Never() { return false; }

class TrainerTest : public ::testing::Test {
 protected:
  TrainerTest()
      : pool_(TestPool(PrivatePostgres::Shared().CreateDatabase())),
        log_(log::MakeMemoryEventLog(clock_)),
        registry_(*registry::Registry::Open({folder_.path()}, clock_)),
        serving_(registry_, shops_),
        live_(*log_, clock_, shops_, metrics_),
        trainer_({*pool_, registry_, serving_, live_, metrics_, {}, {.min_baskets = 50}}) {}

  // `customers` people with one order a day for `days` days from `first_day`; by habit, or whatever at random.
  void Buy(int customers, int first_day, int days, bool by_habit, int64_t revision = 0) {
    base::Random random(static_cast<uint64_t>(first_day) + 17);
    std::vector<std::string> records;
    for (int c = 0; c < customers; ++c) {
      for (int day = first_day; day < first_day + days; ++day) {
        std::vector<std::string> products = HabitualBasket(c % 2 == 0, random);
        if (!by_habit) products = {absl::StrCat("JUNK", random.Below(400)), absl::StrCat("JUNK", random.Below(400))};
        records.push_back(RecordBytes(
            Order(absl::StrCat("o-", c, "-", day), products, revision),
            {.customer = absl::StrCat(c), .occurred_at = absl::FromUnixSeconds(1'320'000'000 + 86'400 * day + c)}));
      }
    }
    log::Effects effects;
    KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer_, records, effects));
    ASSERT_TRUE(effects.dead_letters.empty());
  }

  kontor::testing::FakeClock clock_;
  const std::vector<fleet::Shop> shops_ = {{kTestShop, absl::UTCTimeZone()}};
  const kontor::testing::TemporaryFolder folder_{"kontor-models"};
  runtime::Metrics metrics_;
  std::unique_ptr<postgres::Pool> pool_;
  PurchaseWriter writer_{[](const std::set<PurchaseWriter::Subject>&) {}};
  std::unique_ptr<log::EventLog> log_;
  registry::Registry registry_;
  ServingModels serving_;
  LiveFollower live_;
  Trainer trainer_;
};

TEST_F(TrainerTest, WantsAHundredBaskets) {
  Buy(33, 0, 3, true);
  EXPECT_THAT(trainer_.Train(kTestShop, {}, Never),
              StatusIs(absl::StatusCode::kFailedPrecondition, kReasonTooLittleHistory));
  EXPECT_EQ(serving_.Get(kTestShop), nullptr);
}

TEST_F(TrainerTest, LearnsSavesAndServes) {
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto served, trainer_.Train(kTestShop, {}, Never));
  EXPECT_EQ(served->info().version, 1);
  EXPECT_EQ(served->model().counts.baskets, 480);
  EXPECT_EQ(served->info().metadata.metrics.at("customers"), 120);
  EXPECT_GT(served->info().metadata.metrics.at("recall_at_10"), 0.9);  // seven products exist
  EXPECT_EQ(serving_.Get(kTestShop), served);

  ServingModels restarted(registry_, shops_);
  KONTOR_ASSERT_OK(restarted.Refresh(kTestShop));
  ASSERT_NE(restarted.Get(kTestShop), nullptr);
  EXPECT_EQ(restarted.Get(kTestShop)->info().sha256, served->info().sha256);
  EXPECT_EQ(restarted.Get(kTestShop)->model().items(), served->model().items());
}

TEST_F(TrainerTest, TheSameOrdersGiveTheSameBytesAndPassTheGate) {
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto first, trainer_.Train(kTestShop, {}, Never));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto second, trainer_.Train(kTestShop, {}, Never));
  EXPECT_EQ(second->info().version, 2);
  EXPECT_EQ(second->info().sha256, first->info().sha256);
}

// Everybody is shown every product by the first model, in another order each time; of what was clicked it is LAMP.
TEST_F(TrainerTest, LearnsWhatBecomesOfWhatWasShown) {
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto first, trainer_.Train(kTestShop, {}, Never));
  EXPECT_EQ(first->model().outcomes(), nullptr);
  base::Random random(5);
  std::vector<std::string> products = {"TEA", "CUP", "MILK", "SOAP", "BRUSH", "TOWEL", "LAMP"};
  std::vector<std::string> events;
  for (int i = 0; i < 480; ++i) {
    for (size_t k = products.size(); k > 1; --k) std::swap(products[k - 1], products[random.Below(k)]);
    const absl::Time at = absl::FromUnixSeconds(1'320'000'000 + 86'400 * 5 + i);
    AttributionToken token{.model_version = 1, .placement = v1::PLACEMENT_FOR_YOU, .tier = v1::TIER_PERSONAL};
    token.answered_at = at;
    token.answer_id = static_cast<uint64_t>(i) + 1;
    const TestRecord about{
        .customer = absl::StrCat(i % 120), .occurred_at = at, .attribution_token = FormatAttributionToken(token)};
    events.push_back(RecordBytes(Shown(products), about));
    for (const std::string& product : products) {
      if (random.Chance(product == "LAMP" ? .5 : .02)) events.push_back(RecordBytes(Clicked(product), about));
    }
  }
  OutcomeWriter outcomes;
  log::Effects effects;
  KONTOR_ASSERT_OK(ApplyBatch(*pool_, outcomes, events, effects, "behavior"));
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto second, trainer_.Train(kTestShop, {}, Never));
  const Model& model = second->model();
  ASSERT_NE(model.outcomes(), nullptr);

  const std::vector<ItemId> tea = {*model.catalogue().products.Find("TEA")};
  const std::vector<PastBasket> baskets = {{1'320'000'000, tea}};
  UserContext context;
  context.baskets = baskets;
  context.now_seconds = 1'320'000'000 + 86'400 * 6;
  const ItemId lamp = *model.catalogue().products.Find("LAMP");
  EXPECT_NE(recommendations::Recommend(model, context, {})[0].item, lamp);
  Request clicks;
  clicks.objective.click = 1;
  EXPECT_EQ(recommendations::Recommend(model, context, clicks)[0].item, lamp);

  // What was learned stays where nothing new was shown.
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto third, trainer_.Train(kTestShop, {}, Never));
  EXPECT_NE(third->model().outcomes(), nullptr);
}

TEST_F(TrainerTest, OrdersOfNobodyTeachWhatGoesTogether) {
  std::vector<std::string> records;
  base::Random random(3);
  for (int i = 0; i < 200; ++i) {
    records.push_back(RecordBytes(Order(absl::StrCat("o-", i), HabitualBasket(i % 2 == 0, random))));
  }
  log::Effects effects;
  KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer_, records, effects));
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrainingData data, ReadTrainingData(*pool_, kTestShop, CatalogueView(), Never));
  EXPECT_EQ(data.baskets, 200);
  EXPECT_EQ(data.customers, 0);
  EXPECT_EQ(data.history.users(), 200u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto served, trainer_.Train(kTestShop, {}, Never));
  const Seed tea{*served->model().catalogue().products.Find("TEA"), 1};
  UserContext context;
  context.session = {&tea, 1};
  const std::vector<ItemId> excluded = {tea.item};
  const auto ranked =
      Recommend(served->model(), context, {.task = Task::kCompleteBasket, .limit = 1, .excluded = excluded});
  ASSERT_EQ(ranked.size(), 1u);
  EXPECT_EQ(served->model().catalogue().products.At(ranked[0].item), "CUP");
}

TEST_F(TrainerTest, StoresStandBelowTheCountryOfMostOfTheirOrders) {
  std::vector<std::string> records;
  const char* countries[] = {"France", "France", "Spain", ""};
  for (int i = 0; i < 4; ++i) {
    records.push_back(RecordBytes(Order(absl::StrCat("o-", i), {"A"}, 0, "s1"), {.country = countries[i]}));
  }
  records.push_back(RecordBytes(Order("o-9", {"A"}, 0, "s2")));
  log::Effects effects;
  KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer_, records, effects));
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrainingData data, ReadTrainingData(*pool_, kTestShop, CatalogueView(), Never));
  const history::Interner& contexts = data.catalogue.contexts;
  ASSERT_TRUE(contexts.Find("store/s1").has_value());
  EXPECT_EQ(data.catalogue.context_parents[*contexts.Find("store/s1")], *contexts.Find("country/France"));
  EXPECT_EQ(data.catalogue.context_parents[*contexts.Find("store/s2")], kNone);
}

TEST_F(TrainerTest, RefusesAModelThatDoesWorseOnUnseenBaskets) {
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
  Buy(120, 0, 4, false, 1);  // a broken import overwrites what was learned from
  Buy(120, 4, 1, true);      // and people go on as they did
  EXPECT_THAT(trainer_.Train(kTestShop, {}, Never), StatusIs(absl::StatusCode::kFailedPrecondition, kReasonModelWorse));
  EXPECT_EQ(serving_.Get(kTestShop)->info().version, 1);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto models, registry_.List(RegistryName(kTestShop)));
  EXPECT_EQ(models.size(), 1u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto forced, trainer_.Train(kTestShop, {.force = true}, Never));
  EXPECT_EQ(forced->info().version, 2);
  EXPECT_EQ(serving_.Get(kTestShop), forced);
}

TEST_F(TrainerTest, RefusesAModelThatDoesWorseOnTheSameDays) {
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
  Buy(120, 0, 4, false, 1);
  EXPECT_THAT(trainer_.Train(kTestShop, {}, Never), StatusIs(absl::StatusCode::kFailedPrecondition, kReasonModelWorse));
}

TEST_F(TrainerTest, AcceptsAModelOfMoreOfTheSame) {
  Buy(120, 0, 3, true);
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
  Buy(120, 3, 3, true);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto served, trainer_.Train(kTestShop, {}, Never));
  EXPECT_EQ(served->model().counts.baskets, 720);
}

TEST_F(TrainerTest, OneTrainingOfAShopAtATimeAndItCanBeCancelled) {
  Buy(120, 0, 4, true);
  std::promise<void> asked, answer;
  std::atomic<bool> first{true};
  auto running = std::async(std::launch::async, [&] {
    return trainer_.Train(kTestShop, {}, [&] {
      if (first.exchange(false)) {
        asked.set_value();
        answer.get_future().wait();
      }
      return true;
    });
  });
  asked.get_future().wait();
  EXPECT_THAT(trainer_.Train(kTestShop, {}, Never), StatusIs(absl::StatusCode::kAborted, kReasonTrainingRuns));
  answer.set_value();
  EXPECT_THAT(running.get(), StatusIs(absl::StatusCode::kCancelled));
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
}

TEST_F(TrainerTest, KeeperTrainsWhenOrdersHaveGrown) {
  ModelKeeper keeper(trainer_, serving_, *pool_, shops_, clock_, metrics_);
  Buy(120, 0, 4, true);
  clock_.Advance(absl::Minutes(5));
  keeper.LookOnce();
  EXPECT_EQ(serving_.Get(kTestShop), nullptr);  // ten minutes have not passed
  clock_.Advance(absl::Minutes(6));
  keeper.LookOnce();
  ASSERT_NE(serving_.Get(kTestShop), nullptr);
  EXPECT_EQ(serving_.Get(kTestShop)->info().version, 1);
  Buy(12, 4, 7, true);  // 84 of 480: not a fifth
  clock_.Advance(absl::Minutes(11));
  keeper.LookOnce();
  EXPECT_EQ(serving_.Get(kTestShop)->info().version, 1);
  Buy(120, 11, 1, true);
  clock_.Advance(absl::Minutes(11));
  keeper.LookOnce();
  EXPECT_EQ(serving_.Get(kTestShop)->info().version, 2);
}

TEST_F(TrainerTest, KeeperServesWhatAnotherProcessPromoted) {
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
  ServingModels elsewhere(registry_, shops_);
  Trainer idle({*pool_, registry_, elsewhere, live_, metrics_});
  ModelKeeper keeper(idle, elsewhere, *pool_, shops_, clock_, metrics_);
  keeper.LookOnce();
  ASSERT_NE(elsewhere.Get(kTestShop), nullptr);
  EXPECT_EQ(elsewhere.Get(kTestShop)->info().version, 1);
}

TEST_F(TrainerTest, WhoIsForgottenLeavesTheModelInServiceAtOnceAndTheRegistryWithTheNext) {
  KONTOR_ASSERT_OK(log::MigrateConsumerSchema(*pool_, "recommendations"));
  Buy(120, 0, 4, true);
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
  KONTOR_ASSERT_OK(trainer_.Train(kTestShop, {}, Never));
  const uint64_t person = base::StableHash(CustomerToken("7"));
  const std::string row(reinterpret_cast<const char*>(&person), sizeof(person));
  const auto serves_row = [&] { return SaveModel(serving_.Get(kTestShop)->model()).find(row) != std::string::npos; };
  EXPECT_TRUE(serves_row());
  ErasureKeeper::Persons told;
  ErasureKeeper erasures(
      {*pool_, live_, serving_, [&](const std::string&, const ErasureKeeper::Persons& persons) { told = persons; }});
  KONTOR_ASSERT_OK(erasures.LookOnce());
  EXPECT_TRUE(told.empty());
  log::Effects effects;
  KONTOR_ASSERT_OK(ApplyBatch(*pool_, writer_, {RecordBytes(ForgetMe(), {.customer = "7"})}, effects, "privacy"));
  KONTOR_ASSERT_OK(erasures.LookOnce());
  EXPECT_TRUE(told.contains(person));
  EXPECT_FALSE(serves_row());
  EXPECT_EQ(serving_.Get(kTestShop)->info().version, 2);
  EXPECT_NE(registry_.Load(RegistryName(kTestShop), 2)->bytes.find(row), std::string::npos);

  ModelKeeper keeper(trainer_, serving_, *pool_, shops_, clock_, metrics_);
  clock_.Advance(absl::Minutes(11));
  keeper.LookOnce();
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto versions, registry_.List(RegistryName(kTestShop)));
  ASSERT_EQ(versions.size(), 1u);
  EXPECT_EQ(versions[0].version, 3);
  EXPECT_EQ(registry_.Load(RegistryName(kTestShop), 3)->bytes.find(row), std::string::npos);
  clock_.Advance(absl::Minutes(11));
  keeper.LookOnce();
  EXPECT_EQ(serving_.Get(kTestShop)->info().version, 3);  // nobody else was forgotten
}

TEST_F(TrainerTest, LearnsFromSessionsAndAGuestIsTheirCustomer) {
  Buy(120, 0, 4, true);
  std::vector<std::string> looks;
  for (int c = 0; c < 120; ++c) {
    for (int day = 0; day < 4; ++day) {
      for (int look = 0; look < 3; ++look) {
        const absl::Time at = absl::FromUnixSeconds(1'320'000'000 + 86'400 * day + c - 300 + 10 * look);
        const std::vector<std::string> products = {"KETTLE", c % 2 == 0 ? "TEA" : "SOAP", c % 2 == 0 ? "CUP" : "BRUSH"};
        looks.push_back(RecordBytes(Viewed(products[look]), {.visitor = absl::StrCat("v", c), .occurred_at = at}));
      }
    }
    looks.push_back(RecordBytes(Viewed("LAMP"), {.customer = absl::StrCat(c),
                                                 .visitor = absl::StrCat("v", c),
                                                 .occurred_at = absl::FromUnixSeconds(1'320'000'000 - 86'400)}));
  }
  BehaviourWriter behaviour([](const BehaviourWriter::Subjects&) {});
  log::Effects effects;
  KONTOR_ASSERT_OK(ApplyBatch(*pool_, behaviour, looks, effects, "behavior"));
  const CatalogueView catalogue;
  KONTOR_ASSERT_OK_AND_ASSIGN(const TrainingData data, ReadTrainingData(*pool_, kTestShop, catalogue, Never));
  EXPECT_EQ(data.visits.size(), 600u);
  for (uint32_t visit = 0; visit < data.visits.size(); ++visit) EXPECT_LT(data.visits.UserOf(visit), 120u);
  KONTOR_ASSERT_OK_AND_ASSIGN(const auto served, trainer_.Train(kTestShop, {}, Never));
  const auto& sources = served->model().sources();
  EXPECT_TRUE(
      std::any_of(sources.begin(), sources.end(), [](const auto& source) { return source->name() == "session_knn"; }));
}

TEST_F(TrainerTest, HandlerListsModelsInPages) {
  Buy(120, 0, 4, true);
  const RuleBook rules(shops_);
  ServingViews views({serving_, live_, rules, base::SystemClock(), shops_});
  ModelHandler handler({trainer_, registry_, serving_, views});
  runtime::CallContext call;
  call.shop = kTestShop;
  EXPECT_EQ(handler.ListModels(call, {})->models_size(), 0);
  for (int i = 0; i < 3; ++i) KONTOR_ASSERT_OK(handler.TrainModel(call, {}));
  v1::ListModelsRequest request;
  request.set_page_size(2);
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ListModelsResponse first, handler.ListModels(call, request));
  ASSERT_EQ(first.models_size(), 2);
  EXPECT_EQ(first.models(0).name(), "shops/default/models/3");
  EXPECT_TRUE(first.models(0).serving());
  EXPECT_FALSE(first.models(1).serving());
  EXPECT_EQ(first.models(0).baskets(), 480);
  EXPECT_EQ(first.models(0).trained_until().seconds(), 1'320'000'000 + 86'400 * 3 + 119);
  request.set_page_token(first.next_page_token());
  KONTOR_ASSERT_OK_AND_ASSIGN(const v1::ListModelsResponse second, handler.ListModels(call, request));
  ASSERT_EQ(second.models_size(), 1);
  EXPECT_EQ(second.models(0).name(), "shops/default/models/1");
  EXPECT_EQ(second.next_page_token(), "");
  request.set_page_token("x");
  request.set_page_size(-1);
  EXPECT_EQ(base::ErrorViolations(handler.ListModels(call, request).status()).size(), 2u);
}

}  // namespace
}  // namespace kontor::recommendations
