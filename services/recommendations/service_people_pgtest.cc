#include <chrono>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/testing/eventually.h"
#include "libs/testing/status_matchers.h"
#include "services/recommendations/test_process.h"

// Guests that log in and people who are forgotten, over the wire, in a fleet of two processes.
namespace kontor::recommendations {
namespace {

using kontor::testing::Eventually;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ServicePeopleTest : public ServiceTest {
 protected:
  bool Train() { return one_.Recommend(For("1"), one_.Send("orders", Past(120))).ok() && one_.Train().ok(); }
  static v1::RecommendRequest BoughtByVisitor(const std::string& visitor) {
    v1::RecommendRequest request = BoughtBy("");
    request.set_visitor_id(visitor);
    return request;
  }
  static std::vector<std::string> Ask(Process& process, const v1::RecommendRequest& request,
                                      const std::vector<log::Position>& after = {}) {
    const auto response = process.Recommend(request, after);
    EXPECT_TRUE(response.ok()) << response.status();
    return ProductsOf(response.value_or(v1::RecommendResponse()));
  }

  Process one_{dsn_, folder_};
  const bool trained_ = Train();
  Process other_{dsn_, folder_};  // with the model
};

TEST_F(ServicePeopleTest, AGuestThatLogsInIsOnePersonFromTheNextAnswerOn) {
  const absl::Time now = absl::Now();
  // What only the store knows, and what the last minutes' events say.
  const auto past = one_.Send("orders", {RecordBytes(Order("g-1", {"SOAP"}), {.visitor = "v", .imported = true})});
  EXPECT_THAT(Ask(other_, BoughtByVisitor("v"), past), ElementsAre("SOAP"));
  const auto live = one_.Send("orders", {RecordBytes(Order("g-2", {"LAMP"}), {.visitor = "v", .occurred_at = now})});
  EXPECT_THAT(Ask(other_, BoughtByVisitor("v"), live), UnorderedElementsAre("SOAP", "LAMP"));
  EXPECT_THAT(Ask(other_, BoughtBy("new")), IsEmpty());  // and cached as such
  EXPECT_THAT(Ask(one_, BoughtBy("new")), IsEmpty());

  const auto start = std::chrono::steady_clock::now();
  one_.Send("identity", {RecordBytes(Linked(), {.customer = "new", .visitor = "v", .occurred_at = now})});
  for (Process* process : {&one_, &other_}) {
    EXPECT_TRUE(Eventually([&] { return Ask(*process, BoughtBy("new")).size() == 2; }));
  }
  std::cout << "  a link in both processes: "
            << std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count()
            << " ms\n";

  // The device alone does not tell what the customer bought elsewhere.
  const auto bought =
      one_.Send("orders", {RecordBytes(Order("c-1", {"TEA"}), {.customer = "new", .occurred_at = now})});
  EXPECT_THAT(Ask(other_, BoughtBy("new"), bought), UnorderedElementsAre("SOAP", "LAMP", "TEA"));
  EXPECT_THAT(Ask(other_, BoughtByVisitor("v"), bought), UnorderedElementsAre("SOAP", "LAMP"));

  const auto undone = one_.Send(
      "identity",
      {RecordBytes(Linked("", true), {.customer = "new", .visitor = "v", .occurred_at = now + absl::Seconds(1)})});
  EXPECT_THAT(Ask(other_, BoughtBy("new"), undone), ElementsAre("TEA"));
}

TEST_F(ServicePeopleTest, WhoIsForgottenIsAStranger) {
  const absl::Time now = absl::Now();
  const auto guest = one_.Send("orders", {RecordBytes(Order("g-1", {"LAMP"}), {.visitor = "v", .imported = true})});
  const std::string order = RecordBytes(Order("last", {"TOWEL"}), {.customer = "0", .occurred_at = now});
  const auto linked =
      one_.Send("identity", {RecordBytes(Linked(), {.customer = "0", .visitor = "v", .occurred_at = now})});
  one_.Send("behavior", {RecordBytes(Carted("SOAP"), {.customer = "0", .occurred_at = now})});
  const auto last = one_.Send("orders", {order});
  EXPECT_THAT(Ask(other_, BoughtByVisitor("v"), guest), ElementsAre("LAMP"));
  for (Process* process : {&one_, &other_}) {
    EXPECT_EQ(process->Recommend(For("0"), linked)->tier(), v1::TIER_PERSONAL);
    EXPECT_THAT(Ask(*process, BoughtBy("0"), last), ::testing::Contains("TOWEL"));
  }

  const auto erased =
      one_.Send("privacy", {RecordBytes(ForgetMe(), {.customer = "0", .occurred_at = now + absl::Seconds(1)})});
  v1::RecommendRequest request = For("0"), stranger = For("nobody ever heard of");
  request.set_seed(1);
  stranger.set_seed(1);
  EXPECT_EQ(other_.Recommend(request, erased)->tier(), v1::TIER_POPULAR);
  for (Process* process : {&one_, &other_}) {
    EXPECT_TRUE(Eventually([&] { return Ask(*process, BoughtByVisitor("v")).empty(); }));  // theirs as well
    EXPECT_THAT(Ask(*process, BoughtBy("0")), IsEmpty());
    EXPECT_EQ(Ask(*process, request), Ask(*process, stranger));
  }

  // Sent again, it changes nothing; what comes after counts.
  EXPECT_THAT(Ask(other_, BoughtBy("0"), one_.Send("orders", {order})), IsEmpty());
  const auto anew = one_.Send(
      "orders", {RecordBytes(Order("anew", {"CUP"}), {.customer = "0", .occurred_at = now + absl::Seconds(2)})});
  EXPECT_THAT(Ask(other_, BoughtBy("0"), anew), ElementsAre("CUP"));

  // A process that starts later knows it.
  Process third(dsn_, folder_);
  EXPECT_THAT(Ask(third, BoughtBy("0"), anew), ElementsAre("CUP"));
}

}  // namespace
}  // namespace kontor::recommendations
