#include "libs/domain/nn/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/nn/packed_matrix.h"

namespace kontor::nn {
namespace {

std::string File(const std::string& header, const std::vector<float>& values) {
  const uint64_t size = header.size();
  std::string out(reinterpret_cast<const char*>(&size), sizeof(size));
  out += header;
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  return out;
}

constexpr char kHeader[] = R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
                           R"( "b" : {"dtype":"F32", "shape":[], "data_offsets":[16,20]} })";

TEST(SafeTensorsTest, ReadsTensorsByName) {
  const std::string file = File(kHeader, {1, 2, 3, 4, 5});
  const auto tensors = ReadSafeTensors(file);
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 2u);
  EXPECT_EQ(*tensors->at("a").Floats({2, 2}), std::vector<float>({1, 2, 3, 4}));
  EXPECT_EQ(*tensors->at("b").Floats({}), std::vector<float>({5}));
  EXPECT_EQ(tensors->at("a").Floats({4}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SafeTensorsTest, RefusesWhatDoesNotFit) {
  const auto refused = [](const std::string& header, const std::vector<float>& values) {
    return ReadSafeTensors(File(header, values)).status().code() == absl::StatusCode::kDataLoss;
  };
  EXPECT_TRUE(refused(kHeader, {1, 2, 3, 4}));        // cut
  EXPECT_TRUE(refused(kHeader, {1, 2, 3, 4, 5, 6}));  // too long
  EXPECT_TRUE(refused(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", {1, 2}));
  EXPECT_TRUE(refused(R"({"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}})", {1, 2}));
  EXPECT_TRUE(refused(R"({"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", {1}));
  EXPECT_TRUE(refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                      R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                      {1}));                                                                  // overlap
  EXPECT_TRUE(refused(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", {1, 2}));  // a hole
  EXPECT_TRUE(refused(R"([1,2])", {}));
  EXPECT_EQ(ReadSafeTensors("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadSafeTensors(std::string(8, '\xff')).status().code(), absl::StatusCode::kDataLoss);
  const std::string file = File(kHeader, {1, 2, 3, 4, std::numeric_limits<float>::infinity()});
  EXPECT_EQ(ReadSafeTensors(file)->at("b").Floats({}).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SafeTensorsTest, SurvivesChangedBytes) {
  const std::string file = File(kHeader, {1, 2, 3, 4, 5});
  base::Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = file;
    for (int flips = 0; flips < 3; ++flips) {
      changed[random.Below(changed.size())] ^= static_cast<char>(1 << random.Below(8));
    }
    const auto tensors = ReadSafeTensors(changed);
    if (!tensors.ok()) continue;
    for (const auto& [name, tensor] : *tensors) {  // what was read lies within the file
      EXPECT_GE(tensor.data.data(), changed.data());
      EXPECT_LE(tensor.data.data() + tensor.data.size(), changed.data() + changed.size());
    }
  }
}

TEST(PackedMatrixTest, MultipliesLikeThreeLoops) {
  base::Random random(7);
  const size_t inputs = 40, outputs = 96;
  std::vector<float> weight(inputs * outputs), bias(outputs), x(31 * inputs);
  for (auto* values : {&weight, &bias, &x}) {
    for (float& value : *values) value = static_cast<float>(2 * random.Uniform() - 1);
  }
  const PackedMatrix matrix(weight, bias, inputs);
  EXPECT_EQ(matrix.outputs(), outputs);
  for (const ProductKernel kernel : {ProductKernel::kPortable, ProductKernel::kAvx512}) {
    if (!Runs(kernel)) continue;
    for (size_t rows = 0; rows <= 31; ++rows) {
      std::vector<float> y(rows * outputs + 1, -1);
      matrix.Multiply(x.data(), rows, y.data(), kernel);
      for (size_t i = 0; i < rows * outputs; ++i) {
        double sum = bias[i % outputs];
        for (size_t k = 0; k < inputs; ++k) sum += x[i / outputs * inputs + k] * weight[i % outputs * inputs + k];
        ASSERT_NEAR(y[i], sum, 1e-5) << rows;
      }
      ASSERT_EQ(y.back(), -1);  // nothing beyond the rows
    }
  }
}

}  // namespace
}  // namespace kontor::nn
