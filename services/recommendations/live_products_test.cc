#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/recommendations/source_failures.h"
#include "services/recommendations/test_handler.h"

// What the catalogue says after the training: new products, and relations between any of them.
namespace kontor::recommendations {
namespace {

namespace ev = kontor::events::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

// The small shop's model with what the catalogue said of its products when it was trained.
std::shared_ptr<const ServedModel> DescribedModel() {
  TrainingData data = SmallShop();
  FeatureNumbers numbers;
  for (uint32_t item = 0; item < data.catalogue.products.size(); ++item) {
    const std::string product(data.catalogue.products.At(item));
    ItemFact fact;
    fact.categories = {
        TermOf(TermKind::kCategory, data.catalogue.categories.At(data.catalogue.product_categories[item]))};
    data.catalogue.features.AppendItem(numbers.InternAll(FeatureTerms(fact, "the " + product)));
  }
  data.catalogue.feature_terms = numbers.terms();
  absl::StatusOr<std::shared_ptr<Model>> model = TrainModel(data.history, data.catalogue, data.persons, {});
  if (!model.ok()) std::abort();
  registry::ModelInfo info;
  info.version = 4;
  return std::make_shared<const ServedModel>(*model, info, 4);
}

class LiveProductsTest : public RecommendHandlerTest {
 protected:
  static void SetUpTestSuite() { served_ = DescribedModel(); }

  using Stated = std::vector<std::pair<ev::ProductRelation::Kind, std::string>>;
  void Upsert(const std::string& id, const std::string& title, const std::string& category, const Stated& relations) {
    ev::ProductUpserted product = Product(id, title, {category}, ++revision_);
    for (const auto& [kind, to] : relations) {
      auto& relation = *product.add_relations();
      relation.set_kind(kind);
      relation.set_product_id(to);
    }
    Send(fleet::kCatalog, id, RecordBytes(product));
  }
  static const v1::Recommendation* Find(const v1::RecommendResponse& response, const std::string& product) {
    for (const auto& one : response.recommendations()) {
      if (one.product_id() == product) return &one;
    }
    return nullptr;
  }
  std::vector<v1::AbsenceReason::Cause> WhyNot(const std::string& product) {
    v1::ExplainAbsenceRequest asked;
    *asked.mutable_request() = request_;
    asked.set_parent("shops/default");
    asked.set_product_id(product);
    const auto response = handler_.ExplainAbsence(call_, asked);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<v1::AbsenceReason::Cause> causes;
    if (response.ok()) {
      for (const auto& reason : response->reasons()) causes.push_back(reason.cause());
    }
    return causes;
  }
  int64_t revision_ = 0;
};

TEST_F(LiveProductsTest, ANewProductIsShownByWhatItIsLike) {
  request_.set_placement(v1::PLACEMENT_SIMILAR);
  request_.add_session_product_ids("TEA");
  EXPECT_THAT(Products(Ask()), Not(Contains("POT")));
  Upsert("POT", "the TEA POT", "KITCHEN", {});
  const v1::RecommendResponse similar = Ask();
  const v1::Recommendation* pot = Find(similar, "POT");
  ASSERT_NE(pot, nullptr);
  ASSERT_FALSE(pot->reasons().empty());
  EXPECT_EQ(pot->reasons(0).kind(), v1::Reason::KIND_SIMILAR_CONTENT);
  EXPECT_EQ(pot->reasons(0).product_id(), "TEA");

  request_.clear_session_product_ids();
  request_.add_session_product_ids("POT");  // and the other way round
  const v1::RecommendResponse of_pot = Ask();
  EXPECT_EQ(of_pot.tier(), v1::TIER_PERSONAL);
  const v1::Recommendation* tea = Find(of_pot, "TEA");
  ASSERT_NE(tea, nullptr);
  EXPECT_TRUE(std::any_of(tea->reasons().begin(), tea->reasons().end(), [](const v1::Reason& reason) {
    return reason.kind() == v1::Reason::KIND_SIMILAR_CONTENT && reason.product_id() == "POT";
  })) << tea->DebugString();

  KnowTeaDrinker();
  request_.clear_session_product_ids();
  request_.set_placement(v1::PLACEMENT_FOR_YOU);
  EXPECT_THAT(Products(Ask()), Contains("POT"));
  Send(fleet::kCatalog, "POT", RecordBytes([&] {
         ev::ProductRemoved removed;
         removed.set_product_id("POT");
         removed.set_revision(++revision_);
         return removed;
       }()));
  EXPECT_THAT(Products(Ask()), Not(Contains("POT")));
}

TEST_F(LiveProductsTest, RelationsCountAtOnceWhateverTheModelLearned) {
  request_.set_placement(v1::PLACEMENT_BASKET);
  request_.add_basket_product_ids("TEA");
  const auto first = [&] {
    const v1::RecommendResponse answer = Ask();
    return answer.recommendations_size() == 0 ? v1::Recommendation() : answer.recommendations(0);
  };
  EXPECT_NE(first().product_id(), "TOWEL");
  Upsert("TEA", "the TEA", "KITCHEN", {{ev::ProductRelation::KIND_REQUIRES, "TOWEL"}});
  EXPECT_EQ(first().product_id(), "TOWEL");
  EXPECT_EQ(first().reasons(0).kind(), v1::Reason::KIND_GOES_WITH);
  EXPECT_EQ(first().reasons(0).product_id(), "TEA");
  EXPECT_EQ(first().reasons(0).text(), "needed for the TEA");
  request_.add_basket_product_ids("TOWEL");
  EXPECT_NE(first().product_id(), "TOWEL");
  request_.mutable_basket_product_ids()->RemoveLast();
  Upsert("TEA", "the TEA", "KITCHEN", {});
  EXPECT_NE(first().product_id(), "TOWEL");
}

TEST_F(LiveProductsTest, ARelationWaitsForTheProductThatItNames) {
  request_.set_placement(v1::PLACEMENT_BASKET);
  request_.add_basket_product_ids("LAMP");
  Upsert("LAMP", "the LAMP", "LIGHT", {{ev::ProductRelation::KIND_REQUIRES, "BULB"}});
  EXPECT_THAT(Products(Ask()), Not(Contains("BULB")));
  Upsert("BULB", "a BULB", "LIGHT", {});
  EXPECT_EQ(Ask().recommendations(0).product_id(), "BULB");
  EXPECT_EQ(Ask().recommendations(0).reasons(0).text(), "needed for the LAMP");
}

TEST_F(LiveProductsTest, ModelsThatComeLaterKnowTheRelationsToo) {
  Upsert("SOAP", "the SOAP", "BATH", {{ev::ProductRelation::KIND_ACCESSORY_OF, "TEA"}});
  request_.set_placement(v1::PLACEMENT_BASKET);
  request_.add_basket_product_ids("TEA");
  const auto shown = [&] {
    const v1::RecommendResponse answer = Ask();
    const v1::Recommendation* soap = Find(answer, "SOAP");
    return soap != nullptr && soap->reasons(0).kind() == v1::Reason::KIND_GOES_WITH;
  };
  EXPECT_TRUE(shown());
  Serve(DescribedModel());
  EXPECT_TRUE(shown());
}

TEST_F(LiveProductsTest, OnlyWhatIsCompatible) {
  Upsert("SOAP", "the SOAP", "BATH", {{ev::ProductRelation::KIND_ACCESSORY_OF, "TEA"}});
  Upsert("TEA", "the TEA", "KITCHEN",
         {{ev::ProductRelation::KIND_COMPATIBLE_WITH, "LAMP"}, {ev::ProductRelation::KIND_REPLACES, "CUP"}});
  Upsert("POT", "the POT", "OTHER", {{ev::ProductRelation::KIND_ACCESSORY_OF, "TEA"}});
  request_.set_compatible_with_product_id("TEA");
  const v1::RecommendResponse answer = Ask();
  EXPECT_THAT(Products(answer), UnorderedElementsAre("SOAP", "LAMP", "POT"));
  EXPECT_EQ(Find(answer, "POT")->reasons(0).kind(), v1::Reason::KIND_GOES_WITH);
  EXPECT_THAT(WhyNot("CUP"), ElementsAre(v1::AbsenceReason::CAUSE_NOT_COMPATIBLE));
  request_.set_compatible_with_product_id("SOAP");
  EXPECT_THAT(Products(Ask()), ElementsAre("TEA"));
  request_.set_compatible_with_product_id("NOBODY KNOWS IT");
  EXPECT_THAT(Products(Ask()), IsEmpty());
  request_.set_compatible_with_product_id("a\nb");
  EXPECT_THAT(handler_.Recommend(call_, request_), kontor::testing::StatusIs(absl::StatusCode::kInvalidArgument));
}

// A source that fails as often as a test says.
class FailingSource : public CandidateSource {
 public:
  absl::string_view name() const override { return "failing"; }
  absl::Span<const Signal> signals() const override { return {}; }
  void Generate(const Profile&, int, size_t, Candidates&) const override {}
  void Describe(const Profile&, size_t, Candidates&) const override {}
  void Explain(const Profile&, ItemId, Reason&) const override {}
  int64_t failures() const override { return times; }
  void Save(base::ByteWriter&) const override {}
  int64_t times = 0;
};

TEST(SourceFailuresTest, AreCountedAndSaidOnceAMinute) {
  const auto source = std::make_shared<FailingSource>();
  const auto served = [&](int64_t version) {
    registry::ModelInfo info;
    info.version = version;
    auto model = std::make_shared<const Model>(Catalogue(), Model::Sources{source}, std::make_shared<Popularity>());
    return std::make_shared<const ServedModel>(std::move(model), info, version);
  };
  runtime::Metrics metrics;
  kontor::testing::FakeClock clock;
  SourceFailures failures(metrics, clock);
  EXPECT_FALSE(failures.Look("default", *served(1)));
  source->times = 3;
  EXPECT_TRUE(failures.Look("default", *served(1)));
  source->times = 5;
  EXPECT_FALSE(failures.Look("default", *served(1))) << "said a moment ago";
  EXPECT_THAT(metrics.Text(), HasSubstr("kontor_recommendations_source_failures_total{source=\"failing\"} 5"));
  clock.Advance(absl::Minutes(1));
  EXPECT_TRUE(failures.Look("default", *served(1)));
  clock.Advance(absl::Minutes(1));
  EXPECT_FALSE(failures.Look("default", *served(1))) << "no more since";
}

}  // namespace
}  // namespace kontor::recommendations
