# Packages of the demo application, made as the LVFS has them. Source it; $build is the build folder, $work a place to make them in.

# package OUT VARIANT VERSION GUID [REQUIRES]: OUT is a .cab
package() {
	local file=demo-$2-$3.hex folder=$work/make
	rm -rf "$folder" && mkdir "$folder" && cp "$build/tests/real/app/$file" "$folder/" || return
	cat >"$folder/demo.metainfo.xml" <<-END
		<?xml version="1.0" encoding="UTF-8"?>
		<component type="firmware">
		  <id>org.example.demo</id>
		  <name>Demo board</name>
		  <provides><firmware type="flashed">$4</firmware></provides>
		  <releases>
		    <release version="$3" date="2026-01-31">
		      <checksum filename="$file" target="content">$(sha256sum "$folder/$file" | cut -d' ' -f1)</checksum>
		    </release>
		  </releases>
		  <requires>${5-}</requires>
		  <custom><value key="LVFS::VersionFormat">triplet</value></custom>
		</component>
	END
	(cd "$folder" && gcab -c -z "$1" demo.metainfo.xml "$file" >/dev/null)
}

# package_guid MODEL: by which packages name a board of flashmend-demo.xml
package_guid() {
	sed -n "/<board id=\"$1\"/,/<\/board>/s/.*<package guid=\"\([^\"]*\)\".*/\1/p" "$src/tests/real/flashmend-demo.xml"
}
