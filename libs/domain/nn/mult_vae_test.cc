#include "libs/domain/nn/mult_vae.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/test_data.h"

namespace kontor::nn {
namespace {

using Encoder = std::unique_ptr<const UserEncoder>;

TEST(MultVaeTest, LearnsGroupsOfItems) {
  const Shop shop = GroupShop(40, 4, 400, 5);
  MultVaeOptions options;
  options.hidden = 32;
  options.latent = 16;
  options.batch_users = 50;
  options.rate = 1e-2;
  const absl::StatusOr<Encoder> encoder =
      TrainMultVae(shop.train.View(), shop.Validation(), options, {.max_epochs = 30});
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  // Five of a group's ten items were had: the target is one of the five left, at chance among them.
  EXPECT_GT(FullRanking(**encoder, shop.Validation(), 5)->hit_rate, 0.95);
}

// One item, sizes of one: every number can be followed by hand.
TEST(MultVaeTest, ForwardIsTheOneOfThePaper) {
  Arrays arrays;
  arrays.kind = "mult_vae";
  arrays.arrays["input_table"] = {{2, 1}, {0.5F, 1.5F}};
  arrays.arrays["input_bias"] = {{1}, {0.25F}};
  arrays.arrays["mean.weight"] = {{1, 1}, {2}};
  arrays.arrays["mean.bias"] = {{1}, {-1}};
  arrays.arrays["decode.weight"] = {{1, 1}, {0.5F}};
  arrays.arrays["decode.bias"] = {{1}, {0.125F}};
  arrays.arrays["output_table"] = {{2, 1}, {1, -1}};
  arrays.arrays["output_bias"] = {{2}, {0, 3}};
  const absl::StatusOr<Encoder> encoder = LoadUserEncoder(SaveArrays(arrays));
  ASSERT_TRUE(encoder.ok()) << encoder.status();
  const std::vector<uint32_t> both{0, 1, 1, 7};
  std::vector<float> out(1);
  ASSERT_TRUE((*encoder)->Encode(both, absl::MakeSpan(out)).ok());
  const double hidden = std::tanh((0.5 + 1.5) / std::sqrt(2.0) + 0.25);
  EXPECT_NEAR(out[0], std::tanh(0.5 * (2 * hidden - 1) + 0.125), 1e-6);
  ASSERT_TRUE((*encoder)->Encode({}, absl::MakeSpan(out)).ok());
  EXPECT_NEAR(out[0], std::tanh(0.5 * (2 * std::tanh(0.25) - 1) + 0.125), 1e-6);
  EXPECT_EQ((*encoder)->output_bias()[1], 3);
  ExpectBrokenModelsAreRefused(SaveArrays(arrays), LoadUserEncoder);
}

TEST(MultVaeTest, RefusesBadOptions) {
  const Shop shop = GroupShop(40, 4, 20, 5);
  MultVaeOptions options;
  options.latent = 0;
  EXPECT_EQ(TrainMultVae(shop.train.View(), shop.Validation(), options, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  options = {};
  options.dropout = 1;
  EXPECT_EQ(TrainMultVae(shop.train.View(), shop.Validation(), options, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace kontor::nn
