# Writes a C++ source that holds a text file: cmake -DINPUT=openapi.json -DOUTPUT=openapi.cpp -P embed.cmake
file(READ "${INPUT}" text)
string(FIND "${text}" ")embedded\"" clash)
if(NOT clash EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the end mark of the literal that it is put into")
endif()
file(WRITE "${OUTPUT}" "#include \"proto/v1/openapi.hpp\"

namespace muster::v1 {

std::string_view openapi_json() {
  return R\"embedded(${text})embedded\";
}

}  // namespace muster::v1
")
